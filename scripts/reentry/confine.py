"""Runs a program shut in by the kernel: it reaches what it was given, and nothing else.

    python -I confine.py [--user NAME] [--run PATH …] [--read PATH …] [--write PATH …] [--use PATH …]
                         [--bind PORT …] [--connect PORT … | --connect-any] [--at-parents-end SIGNAL] -- PROGRAM …

Linux has a way for a process to give up rights for good, for itself and all it starts: Landlock (since 5.13; here by
system calls, for there is no function of it in the C library). What is taken is an allow-list: paths to run, to read,
to write, devices to use, ports to bind and to connect to. Whatever is not on it fails with EACCES, for root too. What
the kernel offers decides how much is shut (``ABI``):

1 files and folders · 2 moving between folders · 3 truncating · 4 TCP ports · 5 devices · 6 signals and abstract sockets

From the first on no process outside can be traced, nor its memory, environment and open files be read through /proc.
Not shut by Landlock: sockets that lie in the file system (their modes decide), and the names of files (stat).

With ``--user``, from root, the program runs as that user besides. Root without it keeps its name and loses all its
capabilities. This file uses the standard library alone and is run by itself, so that nothing is imported before.
"""

from __future__ import annotations

import argparse
import ctypes
import errno
import os
import pwd
import signal
import stat
import struct
import sys
from collections.abc import Iterable

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446  # the same on every machine
VERSION = 1  # a flag of CREATE_RULESET: which ABI there is
PATH_BENEATH, NET_PORT = 1, 2

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
REMOVE, MAKE_DIR, MAKE_REG, MAKE_SOCK, MAKE_FIFO, MAKE_SYM = 0b11 << 4, 1 << 7, 1 << 8, 1 << 9, 1 << 10, 1 << 12
REFER, TRUNCATE, IOCTL_DEV = 1 << 13, 1 << 14, 1 << 15
FIRST_RIGHTS = (1 << 13) - 1
OF_FILES = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV  # a rule on a file may have these alone
RUN = EXECUTE | READ_FILE | READ_DIR
READ = READ_FILE | READ_DIR
WRITE = READ | WRITE_FILE | REMOVE | MAKE_DIR | MAKE_REG | MAKE_SOCK | MAKE_FIFO | MAKE_SYM | REFER | TRUNCATE
USE = READ_FILE | WRITE_FILE | IOCTL_DEV
BIND_TCP, CONNECT_TCP = 1 << 0, 1 << 1
ABSTRACT_SOCKETS, SIGNALS = 1 << 0, 1 << 1

PR_SET_PDEATHSIG, PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS, PR_CAP_AMBIENT = 1, 24, 38, 47
AMBIENT_CLEAR_ALL = 4
CAPABILITIES = 64
CAPSET = {"x86_64": 126, "aarch64": 91, "ppc64le": 184, "s390x": 185, "riscv64": 91, "loongarch64": 91}
CAPSET_VERSION = 0x20080522

FAILED = 125

_libc = ctypes.CDLL(None, use_errno=True)


def landlock_abi() -> int:
    """Which version of Landlock the kernel offers; 0 where there is none, or it is switched off."""
    found = _libc.syscall(ctypes.c_long(CREATE_RULESET), None, ctypes.c_size_t(0), ctypes.c_uint32(VERSION))
    return max(int(found), 0)


def restrict(
    rights: Iterable[tuple[str, int]], *, bind: Iterable[int], connect: Iterable[int] | None, abi: int
) -> None:
    """Gives up all but ``rights`` (path, rights) and the ports; ``connect`` None: any. For good, for this process.

    A path that is not there is left out. OSError when the kernel refuses.
    """
    handled = FIRST_RIGHTS
    handled |= (REFER if abi >= 2 else 0) | (TRUNCATE if abi >= 3 else 0) | (IOCTL_DEV if abi >= 5 else 0)
    ports = 0 if abi < 4 else BIND_TCP | (CONNECT_TCP if connect is not None else 0)
    scoped = ABSTRACT_SOCKETS | SIGNALS if abi >= 6 else 0
    attributes = struct.pack("=QQQ", handled, ports, scoped)[: 8 if abi < 4 else 16 if abi < 6 else 24]
    ruleset = _call(CREATE_RULESET, attributes, ctypes.c_size_t(len(attributes)), ctypes.c_uint32(0))
    try:
        for path, wanted in rights:
            _allow(ruleset, path, wanted & handled)
        if ports:
            for port in bind:
                _call(ADD_RULE, ruleset, NET_PORT, struct.pack("=QQ", BIND_TCP, port), ctypes.c_uint32(0))
            for port in connect or ():
                _call(ADD_RULE, ruleset, NET_PORT, struct.pack("=QQ", CONNECT_TCP, port), ctypes.c_uint32(0))
        _prctl(PR_SET_NO_NEW_PRIVS, 1)
        _call(RESTRICT_SELF, ruleset, ctypes.c_uint32(0))
    finally:
        os.close(ruleset)


def _allow(ruleset: int, path: str, rights: int) -> None:
    try:
        there = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        if not stat.S_ISDIR(os.fstat(there).st_mode):
            rights &= OF_FILES
        _call(ADD_RULE, ruleset, PATH_BENEATH, struct.pack("=Qi", rights, there), ctypes.c_uint32(0))
    finally:
        os.close(there)


def become(user: pwd.struct_passwd) -> None:
    """From root: this user, with its groups and no others."""
    os.setgroups(os.getgrouplist(user.pw_name, user.pw_gid))
    os.setresgid(user.pw_gid, user.pw_gid, user.pw_gid)
    os.setresuid(user.pw_uid, user.pw_uid, user.pw_uid)


def drop_capabilities() -> None:
    """Takes every capability from this process and from what it starts: root's name opens root's own files alone."""
    _prctl(PR_SET_NO_NEW_PRIVS, 1)
    _libc.prctl(PR_CAP_AMBIENT, AMBIENT_CLEAR_ALL, 0, 0, 0)
    for number in range(CAPABILITIES):
        _libc.prctl(PR_CAPBSET_DROP, number, 0, 0, 0)  # EINVAL past the last one
    call = CAPSET.get(os.uname().machine)
    if call is not None:
        _call(call, struct.pack("=Ii", CAPSET_VERSION, 0), struct.pack("=6I", 0, 0, 0, 0, 0, 0))


def die_with_parent(number: int) -> None:
    """Asks the kernel to send this process a signal when its parent is gone; ends it when that is so already."""
    parent = os.getppid()
    _prctl(PR_SET_PDEATHSIG, number)
    if os.getppid() != parent:
        sys.exit(FAILED)


def _call(number: int, *arguments: object) -> int:
    found = int(_libc.syscall(ctypes.c_long(number), *arguments))
    if found < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return found


def _prctl(option: int, value: int) -> None:
    if _libc.prctl(option, ctypes.c_ulong(value), 0, 0, 0) != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))


def main() -> None:
    """Shuts itself in and becomes the program."""
    parser = argparse.ArgumentParser(prog="confine")
    parser.add_argument("--user")
    for name in ("--run", "--read", "--write", "--use"):
        parser.add_argument(name, action="append", default=[])
    for name in ("--bind", "--connect"):
        parser.add_argument(name, action="append", default=[], type=int)
    parser.add_argument("--connect-any", action="store_true")
    parser.add_argument("--without-landlock", action="store_true")
    parser.add_argument("--at-parents-end", metavar="SIGNAL", choices=["TERM", "QUIT"])
    parser.add_argument("program", nargs=argparse.REMAINDER)
    asked = parser.parse_args()
    program = asked.program[1:] if asked.program[:1] == ["--"] else asked.program
    rights = [(path, kind) for name, kind in _KINDS for path in getattr(asked, name)]
    abi = 0 if asked.without_landlock else landlock_abi()
    os.umask(0o077)
    try:
        if asked.user:
            become(pwd.getpwnam(asked.user))
        if os.geteuid() == 0:
            drop_capabilities()
        if asked.at_parents_end:
            die_with_parent(signal.Signals[f"SIG{asked.at_parents_end}"])
        if abi:
            connect = None if asked.connect_any else asked.connect
            restrict(rights, bind=asked.bind, connect=connect, abi=abi)
        os.execv(program[0], program)  # noqa: S606 (no shell)
    except (OSError, KeyError) as error:
        said = os.strerror(error.errno or errno.EINVAL) if isinstance(error, OSError) else f"no user {error}"
        print(f"confine: {program[0] if program else 'nothing'} was not started: {said}", file=sys.stderr)
        sys.exit(FAILED)


_KINDS = (("run", RUN), ("read", READ), ("write", WRITE), ("use", USE))

if __name__ == "__main__":
    main()
