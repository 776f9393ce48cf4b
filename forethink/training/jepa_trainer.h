// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Trains a JEPA by watching recordings (figure 13).
//
//   L = prediction + inverse dynamics + variance + covariance + time similarity
//       [+ SIGReg + coding rate + what lasts + Barlow Twins + VICReg + InfoNCE + straightening]
//       [+ what is felt]
//
// (1, 2) variance, covariance or SIGReg keep s_x and s_y informative about x and y; (3) the
// prediction loss makes s_y easy to predict, several steps ahead and from every start of a window;
// (4) a discrete latent is at its best code at each of them, and carries no more than log2 K bits;
// inverse dynamics keeps what actions change; "what lasts" is the coding rate of the windows'
// means, which keeps what stays the same in a window and tells it from others, a door for example,
// however few pixels it moves. Where a state ends with what the agent feels, its prediction counts
// by itself, and teaches the encoder to keep what vitals depend on, a thorn for example; all other
// criteria look at what is encoded. The gradient flows into the targets; the regularisers prevent
// the collapse that this invites.
//
// Role:    training; the first stage of a run.
// Source:  PLDM (Sobal et al. 2025) for the sum of criteria; see docs/lab_notes.md for the weights.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "forethink/core/random.h"
#include "forethink/datasets/trajectories.h"
#include "forethink/nn/inverse_dynamics_head.h"
#include "forethink/training/losses/sigreg.h"
#include "forethink/training/losses/vicreg.h"
#include "forethink/training/optimizer.h"
#include "forethink/training/training.h"
#include "forethink/world_model/jepa.h"

namespace forethink {

/// Weights of the criteria; every criterion is a mean over dimensions, so they survive a change of
/// D.
struct JepaLossWeights {
  double prediction = 2.0;        ///< Reached at half of the run, from half of it; >= 0.
  double inverse_dynamics = 2.0;  ///< >= 0.
  double variance = 16.0;         ///< >= 0.
  double covariance = 8.0;        ///< >= 0.
  double time_similarity = 2.0;   ///< >= 0.
  double sigreg = 0.0;       ///< >= 0; use 5 to 12 divided by the batch, without the three above.
  double coding_rate = 0.0;  ///< >= 0; instead of variance and covariance.
  double lasting = 0.0;  ///< >= 0; coding rate of the windows' means: what lasts tells them apart.
  double barlow_twins = 0.0;   ///< >= 0; instead of prediction, variance and covariance.
  double vicreg = 0.0;         ///< >= 0; instead of prediction, variance and covariance.
  double info_nce = 0.0;       ///< >= 0; instead of prediction, variance and covariance.
  double straightening = 0.0;  ///< >= 0; an addition.
  double felt = 2.0;           ///< >= 0; of what is felt, where anything is.

  void validate() const;
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor&& visit) {
    visit("prediction", self.prediction);
    visit("inverse_dynamics", self.inverse_dynamics);
    visit("variance", self.variance);
    visit("covariance", self.covariance);
    visit("time_similarity", self.time_similarity);
    visit("sigreg", self.sigreg);
    visit("coding_rate", self.coding_rate);
    visit("lasting", self.lasting);
    visit("barlow_twins", self.barlow_twins);
    visit("vicreg", self.vicreg);
    visit("info_nce", self.info_nce);
    visit("straightening", self.straightening);
    visit("felt", self.felt);
  }
};

/// Settings of JepaTrainer.
struct JepaTrainerOptions {
  std::int64_t steps = 2000;               ///< >= 1.
  std::int64_t batch = 64;                 ///< Windows per step; >= 1, more for some criteria.
  WindowOptions window;                    ///< T observations, `skip` primitive steps apart.
  std::int64_t rollout = 4;                ///< K, steps predicted from every start; 1 <= K < T.
  std::int64_t inverse_dynamics_span = 1;  ///< h, model steps between the states that must tell
                                           ///< the actions between them; 1 <= h < T.
  SigregOptions sigreg;                    ///< Only used if its weight is positive.
  VicregOptions vicreg;                    ///< Only used if its weight is positive.
  bool bf16 = true;                        ///< Where the processor gains by it.
  JepaLossWeights weights;
  OptimizerOptions optimizer;
  LoopOptions loop;

  /// Also refuses windows or batches that are too small for a criterion whose weight is positive.
  void validate() const;
  template <class Self, class Visitor>
  static void fields(Self& self, Visitor&& visit) {
    visit("steps", self.steps);
    visit("batch", self.batch);
    visit("window", self.window);
    visit("rollout", self.rollout);
    visit("inverse_dynamics_span", self.inverse_dynamics_span);
    visit("sigreg", self.sigreg);
    visit("vicreg", self.vicreg);
    visit("bf16", self.bf16);
    visit("weights", self.weights);
    visit("optimizer", self.optimizer);
    visit("loop", self.loop);
  }
};

/// Which sensors of the recordings x and y are, for example "image".
struct JepaSensors {
  std::string x;
  std::string y = {};  ///< Empty: the same as x. Another needs an encoder of its own.
  /// Sensors of numbers that states end with, in this order; together as wide as `felt_dim()`.
  std::vector<std::string> felt = {};
};

/// Extra numbers for the diagnosis, for example probes and the push test, from the layer above.
using ExtraDiagnosis = std::function<Measurements()>;

class JepaTrainer final : public Trainer {
 public:
  /// @throws ConfigError if `options` break a rule or do not suit the JEPA, or a sensor is unknown.
  /// @throws DataError   if a side of `split` is empty or has no episode of a window's length.
  JepaTrainer(std::shared_ptr<Jepa> jepa, const Trajectories& data, const Split& split,
              const JepaSensors& sensors, const JepaTrainerOptions& options, std::uint64_t seed,
              ExtraDiagnosis extra = {});

  std::int64_t step() const override { return step_; }
  std::int64_t steps() const override { return options_.steps; }
  Measurements advance() override;
  Measurements diagnose() override;
  std::string verdict() const override { return verdict_; }
  std::map<std::string, Tensor> state() const override;
  void restore(const std::map<std::string, Tensor>& tensors) override;

 private:
  struct Encoded {
    Tensor x;  // [B, T, D], sources of prediction.
    Tensor y;  // [B, T, D], targets; the same tensor if the encoders are.
  };
  void check_subject() const;
  Tensor felt(const Observation& readings) const;  // [N, J]
  Encoded encode(const WindowBatch& batch);
  Tensor loss(const WindowBatch& batch, Measurements& parts);

  JepaTrainerOptions options_;  // First: the others are made by what it says, once it is checked.
  std::shared_ptr<Jepa> jepa_;
  std::shared_ptr<InverseDynamicsHead> inverse_dynamics_;
  const Trajectories& data_;
  Windows train_;
  Windows validation_;
  JepaSensors sensors_;
  Tensor felt_changes_;  // [J]
  RandomStream rng_;
  AdamW optimizer_;
  ExtraDiagnosis extra_;
  std::int64_t step_ = 0;
  std::int64_t alarms_ = 0;  // Diagnoses in a row that said collapse.
  std::string verdict_;
};

}  // namespace forethink
