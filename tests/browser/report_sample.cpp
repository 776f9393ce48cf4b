// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
//
// Writes a run folder with made-up results, and the report of it, for the test in a real browser:
//
//   report_sample FOLDER           numbers, films and lives of a plausible run
//   report_sample FOLDER hostile   the same with names that try to break out of the page
//
// Role:    tests; nothing that it writes is a measurement.
#include <cmath>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "forethink/core/random.h"
#include "forethink/evaluation/film.h"
#include "forethink/evaluation/report.h"
#include "tests/browser/lives_sample.h"

namespace {

using forethink::Film;
using forethink::RandomStream;
using forethink::Tensor;

struct Place {
  double x = 0.0;
  double y = 0.0;
};

constexpr std::int64_t kPixels = 64;
constexpr double kWorld = 224.0;

/// Paints a soft disc into a frame [64, 64, 3].
void paint_disc(Tensor frame, Place at, std::array<int, 3> color) {
  auto pixels = frame.accessor<std::uint8_t, 3>();
  const double scale = kPixels / kWorld, sigma = 3.5 * scale;
  for (std::int64_t y = 0; y < kPixels; ++y) {
    for (std::int64_t x = 0; x < kPixels; ++x) {
      const double dx = x + 0.5 - at.x * scale, dy = y + 0.5 - at.y * scale;
      const double alpha = std::exp(-(dx * dx + dy * dy) / (2 * sigma * sigma));
      if (alpha < 0.02) continue;
      for (std::size_t c = 0; c < 3; ++c) {
        const double mixed = pixels[y][x][static_cast<std::int64_t>(c)] * (1 - alpha);
        pixels[y][x][static_cast<std::int64_t>(c)] =
            static_cast<std::uint8_t>(std::lround(mixed + color[c] * alpha));
      }
    }
  }
}

/// Four rooms, white, with the door at the lower middle shut.
Tensor empty_world() {
  Tensor frame = torch::full({kPixels, kPixels, 3}, 255, torch::kUInt8);
  auto pixels = frame.accessor<std::uint8_t, 3>();
  const double scale = kWorld / kPixels;
  const auto in_door = [](double v) { return std::abs(v - 56) < 16 || std::abs(v - 168) < 16; };
  for (std::int64_t y = 0; y < kPixels; ++y) {
    for (std::int64_t x = 0; x < kPixels; ++x) {
      const double wx = (x + 0.5) * scale, wy = (y + 0.5) * scale;
      const bool border = std::min({wx, wy, kWorld - wx, kWorld - wy}) < 14;
      const bool wall = (std::abs(wx - 112) < 5 && (!in_door(wy) || std::abs(wy - 168) < 16)) ||
                        (std::abs(wy - 112) < 5 && !in_door(wx));
      if (!border && !wall) continue;
      for (std::int64_t c = 0; c < 3; ++c) pixels[y][x][c] = 0;
    }
  }
  return frame;
}

/// The way along `corners` in steps of 2.5 units with some jitter, cut off after `steps_max`.
std::vector<Place> walk(const std::vector<Place>& corners, std::size_t steps_max,
                        RandomStream& random) {
  std::vector<Place> way{corners.front()};
  const Tensor jitter = random.normal({static_cast<std::int64_t>(steps_max), 2});
  const auto noise = jitter.accessor<float, 2>();
  for (std::size_t next = 1; way.size() < steps_max;) {
    const Place here = way.back(), to = corners[std::min(next, corners.size() - 1)];
    const double distance = std::hypot(to.x - here.x, to.y - here.y);
    if (distance < 5.0 && next >= corners.size()) break;
    if (distance < 5.0) {
      ++next;
      continue;
    }
    const auto row = static_cast<std::int64_t>(way.size()) - 1;
    way.push_back({here.x + 2.5 * (to.x - here.x) / distance + 0.5 * noise[row][0],
                   here.y + 2.5 * (to.y - here.y) / distance + 0.5 * noise[row][1]});
    if (next >= corners.size()) break;
  }
  return way;
}

Film make_film(std::int64_t task, const std::string& planner, const std::vector<Place>& corners,
               bool success, RandomStream random) {
  const std::vector<Place> way = walk(corners, success ? 140 : 211, random);
  const auto count = static_cast<std::int64_t>(way.size());
  const Place goal = success ? way.back() : Place{172.0, 176.0};
  Film film;
  film.task = task;
  film.tasks = "four_rooms_300";
  film.planner = planner;
  film.success = success;
  film.steps = count - 1;
  film.frames = torch::zeros({count, kPixels, kPixels, 3}, torch::kUInt8);
  film.positions = torch::zeros({count, 2});
  film.goal_position = torch::tensor({goal.x, goal.y}, torch::kFloat);
  film.goal_radius = 16.0;
  film.terms = {"remaining_cost", "goal_distance", "action_effort"};
  film.energy = torch::zeros({count, 3});
  const Tensor world = empty_world();
  const Tensor noise = random.normal({count, 5});
  for (std::int64_t t = 0; t < count; ++t) {
    const Place at = way[static_cast<std::size_t>(t)];
    const Place other{60.0 + 40.0 * std::sin(0.05 * t + task), 160.0 + 30.0 * std::cos(0.07 * t)};
    Tensor frame = film.frames[t];
    frame.copy_(world);
    paint_disc(frame, other, {0, 114, 178});
    paint_disc(frame, at, {255, 0, 0});
    film.positions[t][0] = at.x;
    film.positions[t][1] = at.y;
    const double left =
        success ? 2.4 * (count - 1 - t) : std::hypot(at.x - goal.x, at.y - goal.y) + 110.0;
    const double noisy = noise[t][0].item<double>();
    film.energy[t][0] = 0.1 * left + 0.25 * noisy;
    film.energy[t][1] = 0.03 * std::hypot(at.x - goal.x, at.y - goal.y) + 0.08 * noisy;
    film.energy[t][2] = 0.4 + 0.05 * noise[t][1].item<double>();
  }
  film.goal_frame = world.clone();
  paint_disc(film.goal_frame, goal, {255, 0, 0});
  constexpr std::int64_t kAhead = 25, kEvery = 5;
  for (std::int64_t t = 0; t < count - 1; t += kEvery) {
    const std::int64_t ahead = std::min(kAhead, count - 1 - t);
    Tensor imagined = film.positions.narrow(0, t, ahead + 1).clone();
    // Imagination drifts with its length; where the episode fails it goes through the wall.
    Tensor drift = torch::arange(ahead + 1).to(torch::kFloat).view({-1, 1});
    imagined += drift * 0.12 * noise[t].narrow(0, 2, 2);
    if (!success) imagined += drift * torch::tensor({1.1, 0.5}, torch::kFloat);
    film.imagined.push_back({t, imagined});
  }
  return film;
}

forethink::RunResults make_results() {
  forethink::RunResults results;
  results.experiment = "four_rooms";
  results.machine = "AMD Zen 5, 2 cores, no GPU";
  results.commit = "0123456789abcdef0123456789abcdef01234567";
  results.seed = 0;
  results.task_lists = {
      {"four_rooms_300",
       "b1946ac92492d2347c6235b4d2611184b1946ac92492d2347c6235b4d2611184",
       300,
       {}},
      {"three_crossings_300", "591785b794601e212b260e25925636fd591785b794601e212b260e25925636fd",
       300, 0.0}};
  results.training_seconds = {{"collect", 14.0},        {"jepa", 262.0},
                              {"predictor", 118.0},     {"roadmap", 21.0},
                              {"critic_roadmap", 64.0}, {"critic_recordings", 88.0}};
  results.planners = {{"iCEM, roadmap", "four_rooms_300", "deliberate", "roadmap", 0.99333, 0.9760,
                       0.9982, 300, 71.0, 1040.0, 0.054, 12.1, 18.4},
                      {"iCEM, critic taught by the roadmap", "four_rooms_300", "deliberate",
                       "critic", 0.99, 0.971, 0.9966, 300, 72.0, 1180.0, 0.009, 2.1, 4.0},
                      {"iCEM, critic from recordings", "four_rooms_300", "deliberate", "critic",
                       0.9867, 0.9662, 0.9948, 300, 75.0, 1220.0, 0.010, 2.2, 4.1},
                      {"MPPI, roadmap", "four_rooms_300", "deliberate", "roadmap", 0.98, 0.957,
                       0.9908, 300, 76.0, 5400.0, 0.12, 19.0, 33.0},
                      {"Gradient, goal distance", "four_rooms_300", "deliberate", "goal", 0.81,
                       0.7619, 0.8503, 300, 88.0, 410000.0, 6.4, 310.0, 420.0},
                      {"CEM, goal distance", "four_rooms_300", "deliberate", "goal", 0.9667, 0.9397,
                       0.9818, 300, 83.0, 5.6e6, 11.2, 520.0, 610.0},
                      {"iCEM, roadmap", "three_crossings_300", "deliberate", "roadmap", 0.98, 0.957,
                       0.9908, 300, 118.0, 1710.0, 0.081, 12.4, 19.1},
                      {"iCEM, critic taught by the roadmap", "three_crossings_300", "deliberate",
                       "critic", 0.9633, 0.9355, 0.9794, 300, 121.0, 1990.0, 0.016, 2.1, 4.2}};
  results.random_success_rate = 0.0433;
  for (const std::int64_t steps : {4, 8, 25}) {
    const double less = 0.001 * static_cast<double>(steps);
    results.push_test.push_back({"wall", steps, 0.999 - less / 4, 200});
    results.push_test.push_back({"shut_door", steps, 0.995 - less / 2, 200});
  }
  results.probes = {{"position_error_units", 3.1},
                    {"door_accuracy", 0.997},
                    {"position_error_after_25_imagined_steps_units", 4.6}};
  results.reference = {{"Flat planner (published, 224 px)", "", 0.407},
                       {"H-JEPA, 3 levels (published, 224 px)", "", 0.96},
                       {"HWM, 3 levels (published, 224 px)", "", 0.993}};
  results.cost_terms = {
      {"remaining_cost", "steps left from the last imagined state, by the roadmap", 1.0},
      {"goal_distance", "squared distance to the goal's state, over imagined steps", 0.03},
      {"action_effort", "squared size of the actions", 0.01}};
  return results;
}

void write_metrics(const std::filesystem::path& path) {
  std::ofstream file(path);
  RandomStream random(3, "metrics");
  const Tensor noise = random.normal({4000});
  double time = 0.0;
  const auto n = [&](std::int64_t i) { return noise[i % 4000].item<double>(); };
  for (std::int64_t step = 0; step <= 12000; step += 20) {
    time = 0.022 * step;
    const double fall = std::exp(-step / 2600.0);
    nlohmann::json line = {{"stage", "jepa"}, {"step", step}, {"time", time}};
    line["loss"] = 0.11 + 2.6 * fall * std::exp(0.08 * n(step / 20));
    line["prediction"] = 0.012 + 0.9 * fall * std::exp(0.1 * n(step / 20 + 700));
    line["variance"] = 0.003 + 0.6 * fall * std::exp(0.15 * n(step / 20 + 1400));
    line["inverse_dynamics"] = 0.04 + 0.5 * fall * std::exp(0.1 * n(step / 20 + 2100));
    if (step % 400 == 0) {
      line["effective_rank"] = 12 + 58 * (1 - fall) + 0.4 * n(step / 400);
      line["deviation_min"] = 0.3 + 0.45 * (1 - fall) + 0.01 * n(step / 400 + 50);
      line["deviation_mean"] = 0.6 + 0.4 * (1 - fall) + 0.005 * n(step / 400 + 90);
      line["action_sensitivity"] = 0.1 + 1.4 * (1 - fall);
      line["probe_position_units"] = 3.1 + 40 * fall + 0.2 * n(step / 400 + 130);
      line["probe_door_accuracy"] = 0.997 - 0.45 * fall;
      line["push_agreement_wall"] = 0.998 - 0.4 * fall;
      line["push_agreement_shut_door"] = 0.99 - 0.5 * fall;
      for (const int k : {1, 2, 4, 8, 16, 32, 64})
        line["rollout_error_" + std::to_string(k)] =
            0.004 * std::pow(k, 0.62) + 0.5 * fall * std::pow(k, 0.4);
    }
    file << line.dump() << "\n";
  }
  for (std::int64_t step = 0; step <= 6000; step += 20) {
    const double fall = std::exp(-step / 1500.0);
    nlohmann::json line = {{"stage", "predictor"}, {"step", step}, {"time", time + 0.02 * step}};
    line["loss"] = 0.004 + 0.03 * fall * std::exp(0.1 * n(step / 20 + 2800));
    if (step % 400 == 0) {
      line["validation_error"] = 0.006 + 0.04 * fall;
      for (const int k : {1, 2, 4, 8, 16, 32, 64})
        line["rollout_error_" + std::to_string(k)] =
            0.0016 * std::pow(k, 0.6) + 0.01 * fall * std::pow(k, 0.4);
    }
    file << line.dump() << "\n";
  }
  for (std::int64_t step = 0; step <= 4000; step += 20) {
    const double fall = std::exp(-step / 900.0);
    nlohmann::json line = {
        {"stage", "critic_roadmap"}, {"step", step}, {"time", time + 0.015 * step}};
    line["loss"] = 0.02 + 1.2 * fall * std::exp(0.12 * n(step / 20 + 3300));
    line["rank_correlation"] = 0.994 - 0.6 * fall;
    file << line.dump() << "\n";
  }
}

std::vector<Film> make_films() {
  const RandomStream random(7, "films");
  const std::string roadmap = "iCEM, roadmap", goal = "CEM, goal distance";
  return {
      make_film(
          12, roadmap,
          {{44, 40}, {56, 112}, {60, 150}, {56, 112}, {50, 60}, {112, 56}, {168, 60}, {172, 170}},
          true, random.child(1)),
      make_film(31, roadmap, {{180, 50}, {112, 56}, {56, 60}, {52, 112}, {44, 180}}, true,
                random.child(2)),
      make_film(87, goal,
                {{40, 190},
                 {95, 182},
                 {96, 160},
                 {98, 190},
                 {96, 150},
                 {97, 185},
                 {95, 140},
                 {96, 190},
                 {97, 150},
                 {96, 188}},
                false, random.child(3)),
      make_film(154, goal,
                {{70, 150},
                 {98, 172},
                 {97, 150},
                 {99, 190},
                 {97, 168},
                 {96, 150},
                 {98, 180},
                 {95, 165},
                 {97, 192},
                 {96, 150}},
                false, random.child(4)),
      make_film(203, roadmap, {{190, 190}, {168, 112}, {160, 50}, {112, 56}, {40, 44}}, true,
                random.child(5))};
}

constexpr const char* kConfig = R"(# Resolved settings of this run.
seed = 0

[environment]
name = "four_rooms"
pixels = 64

[jepa]
steps = 12000
batch = 256
learning_rate = 0.001
widths = [512, 512]

[planner]
name = "icem"
samples = 64
elites = 8
horizon = 5
)";

/// Text that would run, end a script or an attribute, or is not UTF-8, wherever text can stand.
void make_hostile(forethink::RunResults& results, std::vector<Film>& films,
                  forethink::LivesReport& lives) {
  const std::string attack =
      "<script>window.hacked=1</script><img src=x "
      "onerror=window.hacked=2>\"'>{{data}}</script>\xff&amp;";
  results.experiment = attack;
  results.machine = attack;
  results.commit = attack;
  for (auto& list : results.task_lists) list.name = attack + list.name;
  for (auto& planner : results.planners) {
    planner.name = attack + planner.name;
    planner.tasks = attack + planner.tasks;
    planner.cost = attack;
    planner.mode = attack;
  }
  for (auto& entry : results.push_test) entry.kind = attack;
  for (auto& entry : results.reference) entry.name = attack;
  for (auto& entry : results.cost_terms) entry.name = entry.meaning = attack;
  results.probes.emplace_back(attack, 1.0);
  results.training_seconds.emplace_back(attack, 10.0);
  results.repeat = {attack};
  for (Film& film : films) {
    film.planner = attack;
    for (std::string& term : film.terms) term = attack + term;
  }
  for (auto& agent : lives.agents) {
    agent.name = agent.mode = attack;
    for (auto* numbers : {&agent.energy_by_drive, &agent.honesty_gap}) {
      for (auto& [drive, value] : *numbers) drive = attack + drive;
    }
  }
  for (auto& story : lives.stories) {
    story.agent = story.cause = attack;
    for (auto* list : {&story.vitals, &story.predicted_vitals, &story.energy_terms}) {
      for (auto& series : *list) series.name = attack + series.name;
    }
    for (auto& way : story.ways) way.need = attack;
  }
  for (auto& drive : lives.calibration) drive.drive = attack;
  for (auto& entry : lives.vitals_prediction) entry.vital = attack;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: report_sample FOLDER [hostile]\n");
    return 2;
  }
  try {
    const std::filesystem::path folder = argv[1];
    std::filesystem::create_directories(folder);
    forethink::RunResults results = make_results();
    std::vector<Film> films = make_films();
    forethink::LivesReport lives = make_lives();
    std::string config = kConfig;
    write_metrics(folder / "metrics.jsonl");
    if (argc > 2) {
      make_hostile(results, films, lives);
      config += "[hostile]\nkey = \"</pre></details><script>window.hacked=3</script>\"\n";
      std::ofstream metrics(folder / "metrics.jsonl", std::ios::app);
      metrics << R"({"stage":"</script><script>window.hacked=4</script>","step":1,"<b>x":1})"
                 "\n"
              << R"({"stage":"</script><script>window.hacked=4</script>","step":2,"<b>x":2})"
                 "\n";
    }
    forethink::write_results(folder / "results.json", results);
    forethink::write_films(folder / "films.json", films);
    forethink::write_lives(folder / "lives.json", lives);
    std::ofstream(folder / "config.resolved.toml") << config;
    std::printf("%s\n", forethink::write_report(folder).c_str());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "report_sample: %s\n", error.what());
    return 1;
  }
  return 0;
}
