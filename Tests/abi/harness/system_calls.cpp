#include "harness/system_calls.h"

#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <system_error>

namespace harness {

namespace {

/// No system call has this number, so that the kernel refuses it and nobody else makes it.
constexpr long lap_mark = 0xe7cd;

std::string name_of(long number) {
  switch (number) {
#define NAME(call) \
  case SYS_##call: \
    return #call
#ifdef SYS_poll
    NAME(poll);
#endif
#ifdef SYS_epoll_wait
    NAME(epoll_wait);
#endif
    NAME(ppoll);
    NAME(epoll_pwait);
    NAME(epoll_ctl);
    NAME(timerfd_settime);
    NAME(timerfd_gettime);
    NAME(clock_gettime);
    NAME(recvfrom);
    NAME(recvmsg);
    NAME(sendto);
    NAME(sendmsg);
    NAME(read);
    NAME(write);
    NAME(socket);
    NAME(connect);
    NAME(getsockopt);
    NAME(setsockopt);
    NAME(getsockname);
    NAME(getpeername);
    NAME(fcntl);
    NAME(close);
    NAME(futex);
    NAME(mmap);
    NAME(munmap);
    NAME(madvise);
    NAME(brk);
#undef NAME
    default:
      return "system call " + std::to_string(number);
  }
}

bool is_poll(long number) {
#ifdef SYS_poll
  if (number == SYS_poll) return true;
#endif
  return number == SYS_ppoll;
}

std::string timer_setting(pid_t child, std::uint64_t address) {
  itimerspec setting{};
  const iovec here{&setting, sizeof setting};
  const iovec there{reinterpret_cast<void *>(address), sizeof setting};
  if (::process_vm_readv(child, &here, 1, &there, 1, 0) != static_cast<ssize_t>(sizeof setting)) return "?";
  if (setting.it_value.tv_sec == 0 && setting.it_value.tv_nsec == 0) return "off";
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  const double seconds = static_cast<double>(setting.it_value.tv_sec - now.tv_sec) +
                         static_cast<double>(setting.it_value.tv_nsec - now.tv_nsec) / 1e9;
  if (seconds <= 0) return "at once";
  char text[32];
  std::snprintf(text, sizeof text, "in %.3f s", seconds);
  return text;
}

std::string arguments_of(pid_t child, const SystemCall &call) {
  switch (call.number) {
    case SYS_epoll_ctl: {
      const std::string socket = std::to_string(call.arguments[2]);
      switch (call.arguments[1]) {
        case EPOLL_CTL_ADD:
          return "ADD " + socket;
        case EPOLL_CTL_MOD:
          return "MOD " + socket;
        default:
          return "DEL " + socket;
      }
    }
    case SYS_timerfd_settime:
      return timer_setting(child, call.arguments[2]);
    case SYS_sendto:
    case SYS_recvfrom:
    case SYS_read:
    case SYS_write:
    case SYS_close:
      return std::to_string(call.arguments[0]);
    default:
      return "";
  }
}

[[noreturn]] void run_traced(const std::function<void()> &body) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::alarm(60);  // a child that hangs is a child that failed
  if (::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) ::_exit(2);
  ::raise(SIGSTOP);
  try {
    body();
  } catch (...) {
    ::_exit(1);
  }
  ::_exit(0);
}

class Tracer {
 public:
  Tracer(pid_t child, const std::function<void()> &while_polling) : child_(child), while_polling_(while_polling) {}

  ~Tracer() {
    if (child_ < 0) return;
    ::kill(child_, SIGKILL);
    while (::waitpid(child_, nullptr, 0) < 0 && errno == EINTR) {
    }
  }

  std::vector<Lap> run() {
    int status = wait();
    if (!WIFSTOPPED(status)) throw std::runtime_error("ptrace is not allowed here");
    if (::ptrace(PTRACE_SETOPTIONS, child_, nullptr, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL) != 0) {
      throw std::system_error(errno, std::generic_category(), "PTRACE_SETOPTIONS");
    }
    int signal = 0;
    while (true) {
      ::ptrace(PTRACE_SYSCALL, child_, nullptr, signal);
      signal = 0;
      if (owes_event_) {
        owes_event_ = false;
        while_polling_();
      }
      status = wait();
      if (!WIFSTOPPED(status)) break;
      if (WSTOPSIG(status) == (SIGTRAP | 0x80)) {
        look();
      } else {
        signal = WSTOPSIG(status);
      }
    }
    child_ = -1;
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) throw std::runtime_error("the traced process failed");
    // After the last mark the child is on its way out.
    if (!laps_.empty()) laps_.pop_back();
    return laps_;
  }

 private:
  int wait() const {
    int status = 0;
    while (::waitpid(child_, &status, 0) < 0) {
      if (errno != EINTR) throw std::system_error(errno, std::generic_category(), "waitpid");
    }
    return status;
  }

  /// The child stands at the beginning or the end of a system call.
  void look() {
    __ptrace_syscall_info info{};
    if (::ptrace(PTRACE_GET_SYSCALL_INFO, child_, reinterpret_cast<void *>(sizeof info), &info) <= 0) {
      throw std::system_error(errno, std::generic_category(), "PTRACE_GET_SYSCALL_INFO");
    }
    if (info.op == PTRACE_SYSCALL_INFO_ENTRY) {
      call_ = SystemCall{};
      call_.number = static_cast<long>(info.entry.nr);
      for (std::size_t i = 0; i < call_.arguments.size(); ++i) call_.arguments[i] = info.entry.args[i];
      call_.text = name_of(call_.number) + '(' + arguments_of(child_, call_) + ')';
      if (is_poll(call_.number) && event_is_due_) {
        event_is_due_ = false;
        owes_event_ = true;
      }
    } else if (info.op == PTRACE_SYSCALL_INFO_EXIT) {
      call_.result = info.exit.rval;
      call_.text += " = " + std::to_string(call_.result);
      if (call_.number == lap_mark) {
        laps_.emplace_back();
        event_is_due_ = true;
      } else if (!laps_.empty()) {
        laps_.back().push_back(call_);
      }
    }
  }

  pid_t child_;
  const std::function<void()> &while_polling_;
  std::vector<Lap> laps_;
  SystemCall call_;
  /// Nobody has polled in this lap.
  bool event_is_due_ = false;
  /// The child is let go into its poll, and then it is time for `while_polling`.
  bool owes_event_ = false;
};

}  // namespace

std::vector<Lap> trace(const std::function<void()> &body, const std::function<void()> &while_polling) {
  const pid_t child = ::fork();
  if (child < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (child == 0) run_traced(body);
  return Tracer(child, while_polling).run();
}

void begin_lap() {
  ::syscall(lap_mark);
}

std::string text(const std::vector<Lap> &laps) {
  std::string all;
  for (std::size_t i = 0; i < laps.size(); ++i) {
    all += "lap " + std::to_string(i) + ", " + std::to_string(laps[i].size()) + " system calls\n";
    for (const SystemCall &call : laps[i]) all += "  " + call.text + '\n';
  }
  return all;
}

}  // namespace harness
