// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/environments/tasks.h"

#include <gtest/gtest.h>
#include <torch/torch.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include "forethink/core/error.h"

namespace forethink {
namespace {

TaskList example() {
  TaskList tasks;
  tasks.name = "two";
  tasks.environment = "line";
  tasks.recipe = "by hand";
  tasks.state_fields = {"x", "y"};
  tasks.steps = 7;
  tasks.starts = at::tensor({0.1F, 1.0F / 3.0F, -1e-30F, 16777217.0F}).reshape({2, 2});
  tasks.goals = at::tensor({103.5F, 0.0F, 3.4e38F, -2.0F}).reshape({2, 2});
  return tasks;
}

class TaskFile : public ::testing::Test {
 protected:
  void SetUp() override {
    path_ = std::filesystem::temp_directory_path() /
            ("forethink_tasks_" + std::to_string(::getpid()) + ".json");
    write_task_list(example(), path_);
  }
  void TearDown() override { std::filesystem::remove(path_); }

  std::string text() const {
    std::ifstream file(path_);
    std::stringstream all;
    all << file.rdbuf();
    return all.str();
  }
  void replace(const std::string& from, const std::string& to) const {
    std::string all = text();
    const auto at = all.find(from);
    ASSERT_NE(at, std::string::npos) << from;
    std::ofstream(path_) << all.replace(at, from.size(), to);
  }
  void expect_refused(const std::string& reason) const {
    try {
      read_task_list(path_);
      FAIL() << "expected DataError: " << reason;
    } catch (const DataError& error) {
      EXPECT_NE(std::string(error.what()).find(path_.string()), std::string::npos) << error.what();
      EXPECT_NE(std::string(error.what()).find(reason), std::string::npos) << error.what();
    }
  }
  std::filesystem::path path_;
};

TEST_F(TaskFile, ReadsBackWhatWasWritten) {
  const TaskList wanted = example();
  const TaskList got = read_task_list(path_);
  EXPECT_EQ(got.name, wanted.name);
  EXPECT_EQ(got.environment, wanted.environment);
  EXPECT_EQ(got.recipe, wanted.recipe);
  EXPECT_EQ(got.state_fields, wanted.state_fields);
  EXPECT_EQ(got.steps, wanted.steps);
  EXPECT_TRUE(at::equal(got.starts, wanted.starts));
  EXPECT_TRUE(at::equal(got.goals, wanted.goals));
  EXPECT_EQ(got.sha256, task_list_digest(wanted));
  EXPECT_EQ(got.sha256.size(), 64U);
}

TEST_F(TaskFile, WhiteSpaceDoesNotMatter) {
  replace("\"tasks\": [", "\"tasks\" :   [ ");
  EXPECT_NO_THROW(read_task_list(path_));
}

TEST_F(TaskFile, RefusesAnEditedNumber) {
  replace("103.5", "103.25");
  expect_refused("it was edited or damaged");
}

TEST_F(TaskFile, RefusesAnEditedName) {
  replace("\"two\"", "\"three\"");
  expect_refused("it was edited or damaged");
}

TEST_F(TaskFile, RefusesACutFile) {
  const std::string all = text();
  std::ofstream(path_) << all.substr(0, all.size() / 2);
  expect_refused("is not JSON, or cut off");
  std::ofstream(path_, std::ios::trunc).close();
  expect_refused("is not JSON, or cut off");
}

TEST_F(TaskFile, RefusesForeignFiles) {
  std::ofstream(path_) << "[1, 2]";
  expect_refused("is not a task list");
  std::ofstream(path_) << "{\"name\": \"x\"}";
  expect_refused("has no \"format\"");
  write_task_list(example(), path_);
  replace("forethink.tasks.1", "forethink.tasks.9");
  expect_refused("has format \"forethink.tasks.9\"");
}

TEST_F(TaskFile, NamesTheMalformedMember) {
  replace("\"start\": [", "\"start\": [1.0, ");
  expect_refused("tasks[0].start must hold 2 numbers");
  write_task_list(example(), path_);
  replace("103.5", "\"far\"");
  expect_refused("tasks[0].goal holds something that is not a number");
  write_task_list(example(), path_);
  replace("\"goal\"", "\"gaol\"");
  expect_refused("has no \"goal\"");
  write_task_list(example(), path_);
  replace("\"steps\": 7", "\"steps\": 7.5");
  expect_refused("\"steps\" must be a whole number");
}

TEST_F(TaskFile, MissingAndUnwritableFilesAreIoErrors) {
  EXPECT_THROW(read_task_list(path_ / "nothing"), IoError);
  EXPECT_THROW(write_task_list(example(), path_ / "nothing"), IoError);
}

TEST_F(TaskFile, BelongsToOneEnvironment) {
  EnvironmentSpec spec;
  spec.name = "line";
  spec.state_fields = {"x", "y"};
  const TaskList tasks = read_task_list(path_);
  EXPECT_NO_THROW(expect_tasks_for(tasks, spec));
  spec.state_fields = {"x", "z"};
  EXPECT_THROW(expect_tasks_for(tasks, spec), DataError);
  spec.state_fields = {"x", "y"};
  spec.name = "plane";
  EXPECT_THROW(expect_tasks_for(tasks, spec), DataError);
}

TEST(TaskList, RefusesToWriteNonsense) {
  TaskList tasks = example();
  tasks.goals = tasks.goals.narrow(0, 0, 1);
  EXPECT_THROW(task_list_digest(tasks), DataError);
  tasks = example();
  tasks.starts = tasks.starts / 0.0;
  EXPECT_THROW(task_list_digest(tasks), DataError);
  tasks = example();
  tasks.steps = 0;
  EXPECT_THROW(task_list_digest(tasks), DataError);
}

}  // namespace
}  // namespace forethink
