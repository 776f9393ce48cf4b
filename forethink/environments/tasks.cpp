// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The Forethink Authors
#include "forethink/environments/tasks.h"

#include <torch/torch.h>

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "forethink/core/checksum.h"
#include "forethink/core/error.h"

namespace forethink {
namespace {

using nlohmann::json;

constexpr const char* kFormat = "forethink.tasks.1";

// The shortest decimal that reads back as this float: "103.5", not "103.50000000000000".
double shortest_double(float value) {
  char text[64];
  const auto end = std::to_chars(text, text + sizeof(text) - 1, value).ptr;
  *end = '\0';
  return std::strtod(text, nullptr);
}

json to_json(const float* values, std::int64_t count) {
  json row = json::array();
  for (std::int64_t i = 0; i < count; ++i) row.push_back(shortest_double(values[i]));
  return row;
}

void check_tasks(const TaskList& tasks) {
  const auto fields = static_cast<std::int64_t>(tasks.state_fields.size());
  for (const auto& [name, rows] : {std::pair{"starts", tasks.starts}, {"goals", tasks.goals}}) {
    const std::string what = "task list " + tasks.name + ": " + name;
    if (!rows.defined() || rows.dim() != 2 || rows.size(0) < 1 || rows.size(1) != fields) {
      throw DataError(what + " must be [P, " + std::to_string(fields) + "] with P >= 1");
    }
    if (rows.scalar_type() != at::kFloat) throw DataError(what + " must be float");
    if (!at::isfinite(rows).all().item<bool>()) {
      throw DataError(what + " has values that are not finite");
    }
  }
  if (tasks.starts.size(0) != tasks.goals.size(0)) {
    throw DataError("task list " + tasks.name + ": starts and goals differ in number");
  }
  if (tasks.steps < 1) {
    throw DataError("task list " + tasks.name + ": steps = " + std::to_string(tasks.steps) +
                    ", must be >= 1");
  }
}

json content(const TaskList& tasks) {
  check_tasks(tasks);
  const Tensor starts = tasks.starts.contiguous();
  const Tensor goals = tasks.goals.contiguous();
  const std::int64_t fields = starts.size(1);
  json list = json::array();
  for (std::int64_t i = 0; i < tasks.size(); ++i) {
    list.push_back({{"start", to_json(starts.data_ptr<float>() + i * fields, fields)},
                    {"goal", to_json(goals.data_ptr<float>() + i * fields, fields)}});
  }
  return {{"format", kFormat},       {"name", tasks.name},
          {"recipe", tasks.recipe},  {"environment", tasks.environment},
          {"steps", tasks.steps},    {"state_fields", tasks.state_fields},
          {"tasks", std::move(list)}};
}

// Reads members and names the one that is missing or of another kind.
class Reader {
 public:
  explicit Reader(const std::filesystem::path& path) : path_(path.string()) {}

  [[noreturn]] void refuse(const std::string& reason) const {
    throw DataError(path_ + ": " + reason);
  }

  const json& member(const json& object, const char* name) const {
    if (!object.is_object()) refuse("is not a task list (a JSON object was wanted)");
    const auto found = object.find(name);
    if (found == object.end()) refuse(std::string("has no \"") + name + "\"");
    return *found;
  }

  std::string text(const json& object, const char* name) const {
    const json& value = member(object, name);
    if (!value.is_string()) refuse(std::string("\"") + name + "\" must be a text");
    return value.get<std::string>();
  }

  void row(const json& task, const char* name, std::size_t index, float* out,
           std::size_t fields) const {
    const json& values = member(task, name);
    const std::string where = "tasks[" + std::to_string(index) + "]." + name;
    if (!values.is_array() || values.size() != fields) {
      refuse(where + " must hold " + std::to_string(fields) + " numbers");
    }
    for (const json& value : values) {
      if (!value.is_number()) refuse(where + " holds something that is not a number");
      *out++ = value.get<float>();
    }
  }

 private:
  std::string path_;
};

TaskList parse(const json& file, const Reader& reader) {
  TaskList tasks;
  tasks.name = reader.text(file, "name");
  tasks.environment = reader.text(file, "environment");
  tasks.recipe = reader.text(file, "recipe");
  const json& steps = reader.member(file, "steps");
  if (!steps.is_number_integer()) reader.refuse("\"steps\" must be a whole number");
  tasks.steps = steps.get<std::int64_t>();
  const json& names = reader.member(file, "state_fields");
  if (!names.is_array()) reader.refuse("\"state_fields\" must be a list of texts");
  for (const json& name : names) {
    if (!name.is_string()) reader.refuse("\"state_fields\" must be a list of texts");
    tasks.state_fields.push_back(name.get<std::string>());
  }
  const json& list = reader.member(file, "tasks");
  if (!list.is_array() || list.empty()) reader.refuse("\"tasks\" must be a list of tasks");
  const std::size_t fields = tasks.state_fields.size();
  const std::vector<std::int64_t> shape{static_cast<std::int64_t>(list.size()),
                                        static_cast<std::int64_t>(fields)};
  tasks.starts = at::empty(shape);
  tasks.goals = at::empty(shape);
  for (std::size_t i = 0; i < list.size(); ++i) {
    reader.row(list[i], "start", i, tasks.starts.data_ptr<float>() + i * fields, fields);
    reader.row(list[i], "goal", i, tasks.goals.data_ptr<float>() + i * fields, fields);
  }
  return tasks;
}

}  // namespace

std::string task_list_digest(const TaskList& tasks) { return sha256(content(tasks).dump()); }

void write_task_list(const TaskList& tasks, const std::filesystem::path& path) {
  const json all = content(tasks);
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << "{\n";
  for (const char* name : {"format", "name", "recipe", "environment", "steps", "state_fields"}) {
    file << json(name).dump() << ": " << all[name].dump() << ",\n";
  }
  file << "\"sha256\": \"" << sha256(all.dump()) << "\",\n\"tasks\": [\n";
  const json& list = all["tasks"];
  for (std::size_t i = 0; i < list.size(); ++i) {
    file << "{\"start\": " << list[i]["start"].dump() << ", \"goal\": " << list[i]["goal"].dump()
         << (i + 1 < list.size() ? "},\n" : "}\n");
  }
  file << "]\n}\n";
  file.flush();
  if (!file) throw IoError(path.string() + ": cannot be written");
}

TaskList read_task_list(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  if (!stream) throw IoError(path.string() + ": cannot be read");
  const Reader reader(path);
  json file;
  try {
    file = json::parse(stream);
  } catch (const json::exception& error) {
    reader.refuse(std::string("is not JSON, or cut off: ") + error.what());
  }
  const std::string format = reader.text(file, "format");
  if (format != kFormat) {
    reader.refuse("has format \"" + format + "\", expected \"" + kFormat + "\"");
  }
  const std::string stated = reader.text(file, "sha256");
  TaskList tasks = parse(file, reader);
  file.erase("sha256");
  const std::string found = sha256(file.dump());
  if (found != stated) {
    reader.refuse("content has SHA-256 " + found + " but the file states " + stated +
                  ": it was edited or damaged; take it from the repository again");
  }
  tasks.sha256 = found;
  check_tasks(tasks);
  return tasks;
}

void expect_tasks_for(const TaskList& tasks, const EnvironmentSpec& spec) {
  if (tasks.environment != spec.name) {
    throw DataError("task list " + tasks.name + " is for environment \"" + tasks.environment +
                    "\", not for \"" + spec.name + "\"");
  }
  if (tasks.state_fields != spec.state_fields) {
    const auto join = [](const std::vector<std::string>& names) {
      std::string text;
      for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
      return text;
    };
    throw DataError("task list " + tasks.name + " has state fields (" + join(tasks.state_fields) +
                    "), the environment has (" + join(spec.state_fields) + ")");
  }
}

}  // namespace forethink
