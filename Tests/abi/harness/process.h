#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace harness {

/// A directory that is removed with all it holds.
class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir &) = delete;
  TempDir &operator=(const TempDir &) = delete;

  const std::string &path() const { return path_; }

 private:
  std::string path_;
};

/// The text of a file.
std::string read_file(const std::string &path);

/// A child process, killed with SIGKILL and waited for when this is destroyed, and by the kernel when the test process
/// dies first. Start it from the main thread: the kernel counts the thread that did.
class Process {
 public:
  /// Starts `arguments[0]`; output goes to the end of `log`.
  Process(const std::vector<std::string> &arguments, const std::string &log);
  ~Process();
  Process(const Process &) = delete;
  Process &operator=(const Process &) = delete;

  pid_t id() const { return id_; }
  bool running();
  /// Of a process that ended by itself; 128 + n if signal n ended it.
  int exit_code() const { return exit_code_; }
  void signal(int number) const;
  /// SIGSTOP, and waits until all threads of the process have stopped: until then they go on answering.
  void stop() const;
  /// Sends a signal that ends the process, and waits for the end.
  void end(int signal_number);

 private:
  pid_t id_ = -1;
  int exit_code_ = -1;
};

}  // namespace harness
