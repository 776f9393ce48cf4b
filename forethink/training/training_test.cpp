// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/training/training.h"

#include <gtest/gtest.h>
#include <torch/torch.h>
#include <unistd.h>

#include <fstream>

#include "forethink/core/random.h"

namespace forethink {
namespace {

class TemporaryFolder {
 public:
  TemporaryFolder()
      : path(std::filesystem::temp_directory_path() /
             ("forethink-training-test-" + std::to_string(::getpid()))) {
    std::filesystem::remove_all(path);
    std::filesystem::create_directories(path);
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path); }
  const std::filesystem::path path;
};

// Walks a number at random; can be told to fail or to collapse at a step.
class Wanderer final : public Trainer {
 public:
  explicit Wanderer(std::int64_t steps) : steps_(steps) {}
  std::int64_t step() const override { return step_; }
  std::int64_t steps() const override { return steps_; }
  Measurements advance() override {
    if (step_ == fails_at) return {{"loss", std::nan("")}, {"not_finite", 1}};
    place_ += rng_.normal({1});
    ++step_;
    return {{"loss", place_.item<double>()}};
  }
  Measurements diagnose() override {
    ++diagnoses;
    return {{"place", place_.item<double>()}};
  }
  std::string verdict() const override { return step_ >= collapses_at ? "planted collapse" : ""; }
  std::map<std::string, Tensor> state() const override {
    return {{"place", place_.clone()},
            {"counters", at::tensor({step_, static_cast<std::int64_t>(rng_.draws())}, at::kLong)}};
  }
  void restore(const std::map<std::string, Tensor>& tensors) override {
    place_ = tensors.at("place").clone();
    step_ = tensors.at("counters")[0].item<std::int64_t>();
    rng_ = RandomStream::restore(
        rng_.key(), static_cast<std::uint64_t>(tensors.at("counters")[1].item<std::int64_t>()));
  }
  double place() const { return place_.item<double>(); }

  std::int64_t fails_at = -1;
  std::int64_t collapses_at = 1'000'000;
  std::int64_t diagnoses = 0;

 private:
  std::int64_t steps_;
  std::int64_t step_ = 0;
  Tensor place_ = at::zeros({1});
  RandomStream rng_{7, "wanderer"};
};

constexpr LoopOptions kLoop{.log_every = 5, .diagnose_every = 10, .checkpoint_every = 10};

TEST(Train, GoesOnBitForBitWhereItWasCutOff) {
  const TemporaryFolder folder;
  Wanderer whole(40);
  {
    MetricsWriter metrics(folder.path / "whole");
    EXPECT_EQ(train(whole, "w", folder.path / "whole/c", metrics, kLoop).status,
              TrainStatus::kFinished);
  }
  MetricsWriter metrics(folder.path / "cut");
  Wanderer first(40);
  first.fails_at = 25;  // Stands for a kill: the newest checkpoint is the one of step 20.
  EXPECT_EQ(train(first, "w", folder.path / "cut/c", metrics, kLoop).status,
            TrainStatus::kNotFinite);
  Wanderer second(40);
  EXPECT_EQ(train(second, "w", folder.path / "cut/c", metrics, kLoop).status,
            TrainStatus::kFinished);
  EXPECT_EQ(second.place(), whole.place());
  EXPECT_EQ(second.diagnoses, 2);  // At 30 and 40: it did start again from 20.
}

TEST(Train, StopsAtACollapseAndNamesTheCause) {
  const TemporaryFolder folder;
  MetricsWriter metrics(folder.path);
  Wanderer wanderer(40);
  wanderer.collapses_at = 15;
  const TrainOutcome outcome = train(wanderer, "w", folder.path / "c", metrics, kLoop);
  EXPECT_EQ(outcome.status, TrainStatus::kCollapsed);
  EXPECT_EQ(outcome.cause, "planted collapse");
  EXPECT_EQ(wanderer.step(), 20);
}

TEST(Train, GoesOnAfterACollapseIfToldToAndStillNamesIt) {
  const TemporaryFolder folder;
  MetricsWriter metrics(folder.path);
  Wanderer wanderer(40);
  wanderer.collapses_at = 15;
  LoopOptions options = kLoop;
  options.stop_on_collapse = false;
  const TrainOutcome outcome = train(wanderer, "w", folder.path / "c", metrics, options);
  EXPECT_EQ(outcome.status, TrainStatus::kFinished);
  EXPECT_EQ(outcome.cause, "planted collapse");
  EXPECT_EQ(wanderer.step(), 40);
}

TEST(Train, GivesUpAfterThreeStepsThatAreNotFinite) {
  const TemporaryFolder folder;
  MetricsWriter metrics(folder.path);
  Wanderer wanderer(40);
  wanderer.fails_at = 3;
  const TrainOutcome outcome = train(wanderer, "w", folder.path / "c", metrics, kLoop);
  EXPECT_EQ(outcome.status, TrainStatus::kNotFinite);
  EXPECT_EQ(outcome.cause, "the loss or its gradient was not finite 3 times in a row at step 3");
  // What failed is not saved.
  EXPECT_TRUE(!std::filesystem::exists(folder.path / "c") ||
              std::filesystem::is_empty(folder.path / "c"));
}

}  // namespace
}  // namespace forethink
