// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/core/checkpoint.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <torch/torch.h>
#include <unistd.h>

#include <csignal>
#include <set>

#include "forethink/core/error.h"
#include "forethink/core/files.h"
#include "forethink/core/random.h"
#include "forethink/core/shape.h"
#include "forethink/core/test_folder.h"

namespace forethink {
namespace {

namespace fs = std::filesystem;

// A checkpoint whose contents follow from its step.
Checkpoint make_checkpoint(std::int64_t step, std::int64_t numbers = 6) {
  Checkpoint checkpoint;
  checkpoint.step = step;
  checkpoint.tensors["w"] = torch::full({numbers}, static_cast<double>(step));
  checkpoint.tensors["n"] = torch::full({2, 2}, step, at::kLong);
  checkpoint.metadata["seconds"] = std::to_string(step) + ".5";
  return checkpoint;
}

void expect_whole(const Checkpoint& checkpoint, std::int64_t step, std::int64_t numbers = 6) {
  const Checkpoint expected = make_checkpoint(step, numbers);
  EXPECT_EQ(checkpoint.step, step);
  EXPECT_EQ(checkpoint.metadata, expected.metadata);
  ASSERT_EQ(checkpoint.tensors.size(), expected.tensors.size());
  for (const auto& [name, tensor] : expected.tensors) {
    EXPECT_TRUE(checkpoint.tensors.at(name).equal(tensor)) << name;
  }
}

std::set<std::string> names_in(const fs::path& folder) {
  std::set<std::string> names;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    names.insert(entry.path().filename());
  }
  return names;
}

// Runs `action` in a process of its own and returns its exit code.
template <class Action>
int in_child(Action&& action) {
  const pid_t child = fork();
  if (child == 0) _exit(action());
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(Checkpoint, ComesBackAndOnlyTheNewestStay) {
  const TestFolder folder;
  for (const std::int64_t step : {0, 9, 10, 100}) {
    save_checkpoint(folder.path(), make_checkpoint(step), 2);
  }
  EXPECT_EQ(names_in(folder.path()), (std::set<std::string>{"step-10", "step-100"}));
  EXPECT_EQ(names_in(folder.path() / "step-100"),
            (std::set<std::string>{"manifest.json", "tensors.safetensors"}));
  expect_whole(load_checkpoint(folder.path() / "step-10"), 10);
  const auto latest = load_latest_checkpoint(folder.path());
  ASSERT_TRUE(latest);
  expect_whole(*latest, 100);
  EXPECT_EQ(latest->path, folder.path() / "step-100");
  EXPECT_TRUE(latest->refused.empty());
}

TEST(Checkpoint, EqualStatesMakeEqualBytes) {
  const TestFolder folder;
  save_checkpoint(folder.path() / "a", make_checkpoint(3));
  save_checkpoint(folder.path() / "b", make_checkpoint(3));
  for (const std::string file : {"step-3/manifest.json", "step-3/tensors.safetensors"}) {
    EXPECT_EQ(read_file(folder.path() / "a" / file), read_file(folder.path() / "b" / file));
  }
}

TEST(Checkpoint, AModelFolderIsReplacedInOneStep) {
  const TestFolder folder;
  const fs::path model = folder.path() / "models/world_model";
  write_checkpoint(model, make_checkpoint(1));
  write_checkpoint(model / "", make_checkpoint(2));
  expect_whole(load_checkpoint(model), 2);
  EXPECT_EQ(names_in(folder.path() / "models"), std::set<std::string>{"world_model"});
}

TEST(Checkpoint, RemovesWhatDeadProcessesLeftAndNothingElse) {
  const TestFolder folder;
  const std::string dead = "4194305";  // Above the largest pid of Linux.
  const std::string alive = std::to_string(getppid());
  for (const std::string& name : {"model.tmp-" + dead, "model.tmp-" + alive, "other.tmp-" + dead,
                                  std::string("model.tmp-x"), std::string("model.old")}) {
    fs::create_directory(folder.path() / name);
  }
  write_checkpoint(folder.path() / "model", make_checkpoint(1));
  EXPECT_EQ(names_in(folder.path()),
            (std::set<std::string>{"model", "model.old", "model.tmp-" + alive, "model.tmp-x",
                                   "other.tmp-" + dead}));
}

TEST(Checkpoint, SavingAStepAgainReplacesItAndLaterStepsStay) {
  const TestFolder folder;
  save_checkpoint(folder.path(), make_checkpoint(20), 1);
  Checkpoint again = make_checkpoint(10);
  save_checkpoint(folder.path(), again, 1);
  again.metadata["seconds"] = "other";
  save_checkpoint(folder.path(), again, 1);
  EXPECT_EQ(names_in(folder.path()), (std::set<std::string>{"step-10", "step-20"}));
  EXPECT_EQ(load_checkpoint(folder.path() / "step-10").metadata.at("seconds"), "other");
}

TEST(Checkpoint, NothingToLoadIsNothing) {
  const TestFolder folder;
  EXPECT_FALSE(load_latest_checkpoint(folder.path()));
  EXPECT_FALSE(load_latest_checkpoint(folder.path() / "missing"));
  fs::create_directory(folder.path() / "step-x");
  fs::create_directory(folder.path() / "step-5.tmp-1");
  EXPECT_FALSE(load_latest_checkpoint(folder.path()));
}

TEST(Checkpoint, FallsBackToTheNewestThatIsSound) {
  const TestFolder folder;
  for (const std::int64_t step : {1, 2, 3}) save_checkpoint(folder.path(), make_checkpoint(step));
  fs::remove(folder.path() / "step-3/tensors.safetensors");
  write_file(folder.path() / "step-2/manifest.json", "{}");
  const auto latest = load_latest_checkpoint(folder.path());
  ASSERT_TRUE(latest);
  expect_whole(*latest, 1);
  ASSERT_EQ(latest->refused.size(), 2U);
  EXPECT_EQ(latest->refused[0],
            "cannot read " + (folder.path() / "step-3/tensors.safetensors").string() +
                ": No such file or directory; the checkpoint is incomplete, take another one");
  EXPECT_EQ(latest->refused[1],
            (folder.path() / "step-2/manifest.json").string() +
                ": the checksum at its end does not fit; remove or replace the folder, or take "
                "another checkpoint");

  fs::remove_all(folder.path() / "step-1");
  const std::string text =
      error_text<CheckpointError>([&] { load_latest_checkpoint(folder.path()); });
  EXPECT_TRUE(text.starts_with("no checkpoint in " + folder.path().string() +
                               " is sound; remove them to begin anew:\n  cannot read"));
}

TEST(Checkpoint, AFolderOfAnotherStepIsRefused) {
  const TestFolder folder;
  save_checkpoint(folder.path(), make_checkpoint(1));
  fs::rename(folder.path() / "step-1", folder.path() / "step-7");
  EXPECT_THROW(load_latest_checkpoint(folder.path()), CheckpointError);
}

TEST(Checkpoint, AManifestOfALaterVersionIsRefused) {
  const TestFolder folder;
  save_checkpoint(folder.path(), make_checkpoint(1));
  const fs::path file = folder.path() / "step-1/manifest.json";
  std::string text = read_file(file);
  text.replace(text.find("\"version\": 1"), 12, "\"version\": 9");
  const std::string seal = "  \"sha256_of_the_lines_above\": \"";
  text.resize(text.find(seal));
  write_file(file, text + seal + sha256(text) + "\"\n}\n");
  EXPECT_TRUE(error_text<CheckpointError>([&] {
                load_checkpoint(folder.path() / "step-1");
              }).starts_with(file.string() + ": it has version 9, this program reads 1"));
}

TEST(Checkpoint, EveryBitFlipAndEveryCutIsRefused) {
  const TestFolder folder;
  save_checkpoint(folder.path(), make_checkpoint(1));
  const fs::path path = folder.path() / "step-1";
  RandomStream stream(1, "flips");
  for (const std::string name : {"manifest.json", "tensors.safetensors"}) {
    const std::string whole = read_file(path / name);
    const auto refused = [&](const std::string& bytes) {
      std::ofstream(path / name, std::ios::binary) << bytes;
      try {
        load_checkpoint(path);
      } catch (const CheckpointError&) {
        return true;
      }
      return false;
    };
    for (std::size_t at = 0; at < whole.size(); ++at) {
      std::string bytes = whole;
      bytes[at] = static_cast<char>(bytes[at] ^ (1 << (stream.word() % 8)));
      EXPECT_TRUE(refused(bytes)) << name << " flipped at " << at;
      EXPECT_TRUE(refused(whole.substr(0, at))) << name << " cut at " << at;
    }
    EXPECT_TRUE(refused(whole + '\0')) << name;
    EXPECT_FALSE(refused(whole)) << name;
  }
}

// Kills a process that saves in a loop, at random moments; what it reported as saved must be there.
TEST(Checkpoint, KilledAtAnyMomentTheLatestIsWhole) {
  constexpr int kKills = 50;
  constexpr std::int64_t kNumbers = 4000;
  const TestFolder folder;
  RandomStream stream(1, "kills");
  std::int64_t newest = 0;
  for (int kill_index = 0; kill_index < kKills; ++kill_index) {
    int saved[2];
    ASSERT_EQ(pipe(saved), 0);
    const pid_t child = fork();
    if (child == 0) {
      for (std::int64_t step = newest + 1;; ++step) {
        save_checkpoint(folder.path(), make_checkpoint(step, kNumbers), 2);
        if (write(saved[1], &step, sizeof step) != sizeof step) _exit(1);
      }
    }
    close(saved[1]);
    std::int64_t reported = newest;
    const auto read_report = [&] {
      std::int64_t step = 0;
      if (read(saved[0], &step, sizeof step) != sizeof step) return false;
      reported = step;
      return true;
    };
    // Every fifth may be killed before its first save.
    if (kill_index % 5 != 0) {
      ASSERT_TRUE(read_report());
    }
    usleep(static_cast<useconds_t>(stream.word() % 6000));
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    while (read_report()) {
    }
    close(saved[0]);

    const auto latest = load_latest_checkpoint(folder.path());
    if (!latest) {
      EXPECT_EQ(reported, 0);
      continue;
    }
    EXPECT_TRUE(latest->refused.empty());
    EXPECT_GE(latest->step, reported);
    expect_whole(*latest, latest->step, kNumbers);
    newest = latest->step;
  }
  EXPECT_GE(newest, 4 * kKills / 5);
  // What the killed ones left behind is removed by the next save.
  save_checkpoint(folder.path(), make_checkpoint(newest + 1, kNumbers), 1);
  EXPECT_EQ(names_in(folder.path()), std::set<std::string>{"step-" + std::to_string(newest + 1)});
}

// A file may not grow beyond `bytes`: from there on every write fails as on a full disk.
void limit_file_size(rlim_t bytes) {
  std::signal(SIGXFSZ, SIG_IGN);
  const rlimit limit{bytes, bytes};
  setrlimit(RLIMIT_FSIZE, &limit);
}

TEST(Checkpoint, AFullDiskLeavesThePreviousOneWhole) {
  const TestFolder folder;
  save_checkpoint(folder.path(), make_checkpoint(1));
  write_checkpoint(folder.path() / "model", make_checkpoint(1));
  // 0: the first write fails; 300: in the tensors; 500: in the manifest, which is longer here.
  for (const rlim_t bytes : {0, 300, 500}) {
    Checkpoint next = make_checkpoint(2, bytes == 300 ? 1000 : 6);
    next.metadata["long"] = std::string(1000, 'x');
    const std::string failed = bytes == 500 ? "manifest.json" : "tensors.safetensors";
    EXPECT_EQ(in_child([&] {
                limit_file_size(bytes);
                try {
                  save_checkpoint(folder.path(), next);
                  return 1;
                } catch (const IoError& error) {
                  const std::string text = error.what();
                  return text.starts_with("cannot write ") &&
                                 text.ends_with(failed + ": File too large")
                             ? 0
                             : 2;
                }
              }),
              0)
        << bytes;
    EXPECT_EQ(in_child([&] {
                limit_file_size(bytes);
                try {
                  write_checkpoint(folder.path() / "model", next);
                  return 1;
                } catch (const IoError&) {
                  return 0;
                }
              }),
              0)
        << bytes;
    EXPECT_EQ(names_in(folder.path()), (std::set<std::string>{"model", "step-1"}));
    const auto latest = load_latest_checkpoint(folder.path());
    ASSERT_TRUE(latest);
    expect_whole(*latest, 1);
    expect_whole(load_checkpoint(folder.path() / "model"), 1);
  }
}

TEST(Checkpoint, NamesWhatCannotBeSaved) {
  const TestFolder folder;
  Checkpoint checkpoint = make_checkpoint(1);
  checkpoint.metadata["bad"] = "\xff";
  EXPECT_EQ(error_text<DataError>([&] { save_checkpoint(folder.path(), checkpoint); }),
            "the metadata of a checkpoint must be UTF-8");
  EXPECT_TRUE(names_in(folder.path()).empty());
  EXPECT_THROW(save_checkpoint(folder.path(), make_checkpoint(-1)), ConfigError);
  EXPECT_THROW(save_checkpoint(folder.path(), make_checkpoint(1), 0), ConfigError);
  EXPECT_THROW(save_checkpoint("/dev/null/folder", make_checkpoint(1)), IoError);
}

TEST(Checkpoint, RequireTensorNamesWhatIsMissingOrMisshapen) {
  const std::map<std::string, Tensor> tensors = make_checkpoint(1).tensors;
  EXPECT_EQ(require_tensor(tensors, "n", {2, kAny})[0][0].item<std::int64_t>(), 1);
  EXPECT_EQ(error_text<CheckpointError>([&] {
              require_tensor(tensors, "n", {2, 3});
            }),
            "checkpoint tensor \"n\" has shape [2, 2], expected [2, 3]; it belongs to another "
            "model");
  EXPECT_EQ(error_text<CheckpointError>([&] {
              require_tensor(tensors, "m", {2, 2});
            }),
            "the checkpoint has no tensor \"m\" (but \"n\"); it belongs to another model");
  EXPECT_EQ(error_text<CheckpointError>([&] { require_tensor(tensors, "other", {}); }),
            "the checkpoint has no tensor \"other\"; it belongs to another model");
}

TEST(Checkpoint, ModulesComeBackWithParametersAndBuffers) {
  const auto make = [] {
    return torch::nn::Sequential(torch::nn::Linear(3, 2), torch::nn::BatchNorm1d(2));
  };
  RandomStream stream(1, "module");
  torch::nn::Sequential first = make();
  {
    const torch::NoGradGuard no_grad;
    for (Tensor& parameter : first->parameters()) parameter.copy_(stream.normal(parameter.sizes()));
    for (Tensor& buffer : first->buffers()) buffer.add_(3);
  }
  std::map<std::string, Tensor> tensors = {{"step", torch::zeros({})}};
  module_to_tensors(*first, "net.", tensors);
  EXPECT_TRUE(tensors.contains("net.0.weight"));
  EXPECT_TRUE(tensors.contains("net.1.running_mean"));

  torch::nn::Sequential second = make();
  tensors_to_module(tensors, "net.", *second);
  for (std::size_t i = 0; i < first->parameters().size(); ++i) {
    EXPECT_TRUE(second->parameters()[i].equal(first->parameters()[i]));
  }
  for (std::size_t i = 0; i < first->buffers().size(); ++i) {
    EXPECT_TRUE(second->buffers()[i].equal(first->buffers()[i]));
  }
  // The map is a copy: learning on does not change what is being saved.
  first->parameters()[0].data().zero_();
  EXPECT_FALSE(tensors.at("net.0.weight").equal(first->parameters()[0]));
}

TEST(Checkpoint, AModuleOfAnotherKindIsRefusedAndLeftAlone) {
  const torch::nn::Linear source(3, 2);
  std::map<std::string, Tensor> tensors;
  module_to_tensors(*source, "net.", tensors);
  torch::nn::Linear target(3, 2);
  const Tensor before = target->bias.detach().clone();
  const auto text = [&](const std::map<std::string, Tensor>& changed) {
    return error_text<CheckpointError>([&] { tensors_to_module(changed, "net.", *target); });
  };
  auto changed = tensors;
  changed["net.weight"] = torch::zeros({2, 4});
  EXPECT_EQ(text(changed),
            "checkpoint tensor \"net.weight\" is Float [2, 4], the model needs Float [2, 3]");
  changed["net.weight"] = torch::zeros({2, 3}, at::kDouble);
  EXPECT_EQ(text(changed),
            "checkpoint tensor \"net.weight\" is Double [2, 3], the model needs Float [2, 3]");
  changed.erase("net.weight");
  EXPECT_EQ(text(changed),
            "the checkpoint has no tensor \"net.weight\"; it belongs to another model");
  changed = tensors;
  changed["net.scale"] = torch::zeros({1});
  EXPECT_EQ(text(changed),
            "the checkpoint has a tensor \"net.scale\" that the model does not have; it belongs to "
            "another model");
  EXPECT_TRUE(target->bias.equal(before));
}

}  // namespace
}  // namespace forethink
