// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/training/joint_states.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "forethink/core/error.h"
#include "forethink/core/random.h"

namespace forethink {
namespace {

// A state is the five vitals.
Observation show_vitals(const Tensor& states) { return {{"vitals", states}}; }

// Lives of 21 rows; the body of life e dies (of thirst) at row dies[e], if that is not negative.
Tensor lives_of_vitals(const std::vector<std::int64_t>& dies) {
  Tensor states = at::full({static_cast<std::int64_t>(dies.size()), 21, kVitals}, 0.5);
  for (std::size_t e = 0; e < dies.size(); ++e) {
    if (dies[e] >= 0) {
      states[static_cast<std::int64_t>(e)].slice(0, dies[e]).select(1, 1).fill_(0.0);
    }
  }
  return states;
}

TEST(LivesUntilDeath, EndWithTheModelStepInWhichTheBodyDied) {
  const Tensor states = lives_of_vitals({-1, 9, 12, 2});
  const Tensor actions = at::zeros({4, 21, 2});
  const Trajectories lives = lives_until_death(states, actions, show_vitals, /*skip=*/4,
                                               /*least=*/6);
  // The last one is too short. Rows 0, 4, 8, 12 are model steps of the second.
  EXPECT_TRUE(at::equal(lives.ep_len, at::tensor({21, 13, 13}, at::kLong)));
  EXPECT_TRUE(at::equal(lives.ep_offset, at::tensor({0, 21, 34}, at::kLong)));
  EXPECT_EQ(lives.rows(), 47);
  EXPECT_THROW(lives_until_death(lives_of_vitals({1}), at::zeros({1, 21, 2}), show_vitals, 4, 6),
               DataError);
}

Trajectories known_lives() {
  const Tensor states = lives_of_vitals({-1, 9});
  Trajectories known =
      lives_until_death(states, at::zeros({2, 21, 2}), show_vitals, /*skip=*/4, /*least=*/1);
  const std::int64_t rows = known.rows();
  RandomStream rng(2, "known");
  known.columns["embedding"] = rng.normal({rows, 3});
  known.columns["proprioception"] = rng.uniform({rows, 2}, -1.0, 1.0);
  known.columns["vitals"] = known.columns.at("state").clone();
  return known;
}

TEST(RecordedLives, TellDeathFromTheEndOfARecord) {
  const IntrinsicCost intrinsic;
  const Trajectories joint = join_felt(known_lives(), {"proprioception", "vitals"});
  EXPECT_EQ(joint.columns.at("embedding").size(1), 3 + 2 + kVitals);
  const RecordedLives lives = recorded_lives(joint, 4, intrinsic);
  ASSERT_EQ(lives.rows(), 6 + 4);
  lives.validate();
  EXPECT_TRUE(lives.truncated[5].item<bool>());
  EXPECT_TRUE(lives.terminated[9].item<bool>());
  EXPECT_EQ(lives.terminated.sum().item<std::int64_t>(), 1);
  EXPECT_TRUE(at::equal(lives.energies[9], intrinsic(joint.columns.at("vitals")[21 + 12])));
  const RecordedLives second = recorded_lives(joint, 4, intrinsic, at::tensor({1}, at::kLong));
  EXPECT_EQ(second.rows(), 4);
}

// s' = s + error + the sum of two actions of one number, in the first number of a state.
class Walker final : public WorldModel {
 public:
  explicit Walker(double error) : error_(error) {}
  std::int64_t state_dim(std::int64_t) const override { return 1 + kVitals; }
  std::int64_t action_dim(std::int64_t) const override { return 2; }
  std::int64_t latent_dim(std::int64_t) const override { return 0; }
  Tensor predict(const Tensor& s, const Tensor& a, const Tensor&, std::int64_t) const override {
    Tensor next = s.clone();
    next.select(1, 0) += a.sum(1) + error_;
    return next;
  }

 private:
  double error_;
};

TEST(ForetoldLives, AreWhatTheModelSaysOfTheActionsThatWereTaken) {
  const IntrinsicCost intrinsic;
  RandomStream numbers(5, "numbers");
  Trajectories joint;  // Two lives of 9 and 5 rows, that is 5 and 3 model steps.
  joint.ep_len = at::tensor({9, 5}, at::kLong);
  joint.ep_offset = at::tensor({0, 9}, at::kLong);
  joint.columns["action"] = numbers.uniform({14, 1}, -1.0, 1.0);
  Tensor place = at::zeros({14});
  for (const auto& [first, last] : {std::pair{0, 9}, {9, 14}}) {
    const Tensor moved = joint.columns["action"].slice(0, first, last - 1).view(-1).cumsum(0);
    place.slice(0, first + 1, last).copy_(moved);
  }
  joint.columns["embedding"] = at::cat({place.unsqueeze(1), at::full({14, kVitals}, 0.5)}, 1);
  RandomStream rng(6, "ahead"), again(6, "ahead");
  const RecordedLives came = recorded_lives(joint, 2, intrinsic);
  const RecordedLives right = foretold_lives(joint, Walker(0.0), 2, intrinsic, 3, rng);
  EXPECT_TRUE(at::allclose(right.states, came.states, 1e-5, 1e-5));
  EXPECT_TRUE(at::equal(right.energies, came.energies));
  EXPECT_TRUE(at::equal(right.truncated, came.truncated));
  // A model that is off by 1 a step is off by the steps looked ahead: 1 to 3, as far as there are.
  const RecordedLives off = foretold_lives(joint, Walker(1.0), 2, intrinsic, 3, again);
  const Tensor steps = (off.states - came.states).select(1, 0).round();
  const Tensor most = at::tensor({0., 1., 2., 3., 3., 0., 1., 2.}, at::kFloat);
  EXPECT_TRUE(steps.le(most).all().item<bool>()) << steps;
  EXPECT_TRUE(steps.ge(most.clamp_max(1.0)).all().item<bool>()) << steps;
  EXPECT_GT(steps.max().item<float>(), 1.0F);
  EXPECT_THROW(foretold_lives(joint, Walker(0.0), 2, intrinsic, 0, rng), ConfigError);
  const RecordedLives both = join_lives(came, right);
  EXPECT_EQ(both.rows(), 16);
  both.validate();
}

TEST(RecordedRecollections, AreThoseOfEachWayFromItsFirstRow) {
  const IntrinsicCost intrinsic;
  Trajectories known = known_lives();
  RandomStream rng(3, "critic");
  const PlaceWorth worth(std::make_shared<DriveCritic>(3 + 2 + kVitals, DriveCriticOptions{}, rng),
                         3, 0.9);
  // The second life is wounded once.
  known.columns["vitals"].slice(0, 21 + 5).select(1, 2).fill_(0.3);
  const Tensor readings = recorded_recollections(known, worth, intrinsic);
  const auto of = [&](const char* name) { return known.columns.at(name).slice(0, 21); };
  const Tensor moved = of("proprioception");
  Tensor hurt = at::zeros({13});
  hurt[5] = 0.2;
  const Tensor expected =
      recollect_on_way(moved.cumsum(0) - moved[0], worth(of("embedding")), hurt);
  EXPECT_TRUE(at::allclose(readings.slice(0, 21), expected, 1e-5, 1e-5));
  known.columns.erase("vitals");
  EXPECT_THROW(recorded_recollections(known, worth, intrinsic), DataError);
  EXPECT_THROW(join_felt(known, {"vitals"}), DataError);
}

TEST(AppendTrajectories, PutsEpisodesBehindThoseThatAreThere) {
  Trajectories first = known_lives();
  const Trajectories second = known_lives();
  const std::int64_t rows = first.rows();
  append_trajectories(first, second);
  EXPECT_EQ(first.episodes(), 4);
  EXPECT_EQ(first.ep_offset[2].item<std::int64_t>(), rows);
  EXPECT_EQ(first.rows(), 2 * rows);
  first.validate();
  Trajectories other = second;
  other.columns.erase("vitals");
  EXPECT_THROW(append_trajectories(first, other), DataError);
}

}  // namespace
}  // namespace forethink
