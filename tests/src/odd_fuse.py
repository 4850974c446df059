"""A FUSE server that tells what a test wants it to tell: sizes, inode numbers, times and errors that don't fit the contents.

odd_fuse.py FOLDER SPEC READY mounts FOLDER, makes the file READY, and serves until its parent ends or it is unmounted.

SPEC is a file with an object in JSON, of which each key is the name of a file and each value an object:
    data     its contents, as text; repeated `times` times (1)
    size     the size that it tells (the right one); ino, nlink, mtime, mode: likewise
    chunk    how many bytes one read gives at most
    cached   true: the kernel keeps what it has read, and reads no further than the size
    endless  true: it goes on with zeros for ever
    errors   {"getattr": 5, "open": 13, "read": 5}: what these fail with
The key "" is the folder itself. The key "mount" is the options of the mount (allow_other)."""

import ctypes
import json
import os
import select
import struct
import sys

LOOKUP, FORGET, GETATTR, OPEN, READ, RELEASE, INIT = 1, 2, 3, 14, 15, 18, 26
FLUSH, OPENDIR, READDIR, RELEASEDIR, BATCH_FORGET = 25, 27, 28, 29, 42
ENOENT, ENOSYS, ENODEV = 2, 38, 19
DIRECT_IO = 1
ROOT = 1

folder, spec_path, ready = sys.argv[1:]
with open(spec_path, encoding="utf-8") as spec_file:
    spec = json.load(spec_file)
options = spec.pop("mount", "allow_other,user_id=0,group_id=0")
root = spec.pop("", {})
names = sorted(spec)
for file in spec.values():
    file["bytes"] = file.get("data", "").encode() * file.get("times", 1)


def file_of(node):
    return root if node == ROOT else spec[names[node - ROOT - 1]]


def failure(node, operation):
    return file_of(node).get("errors", {}).get(operation, 0)


def attributes(node):
    file = file_of(node)
    size = file.get("size", len(file.get("bytes", b"")))
    mode = 0o40755 if node == ROOT else 0o100000 | file.get("mode", 0o644)
    links = file.get("nlink", 2 if node == ROOT else 1)
    time = file.get("mtime", 1_000_000_000)
    blocks = (size + 511) // 512
    numbers = file.get("ino", node), size, blocks, time, time, time
    return struct.pack("<6Q10I", *numbers, 0, 0, 0, mode, links, 0, 0, 0, 4096, 0)


def read(node, offset, size):
    file = file_of(node)
    size = min(size, file.get("chunk", size))
    data = file["bytes"][offset : offset + size]
    return data.ljust(size, b"\0") if file.get("endless") else data


def listing(offset, size):
    entries = b""
    for at, name in list(enumerate(names))[offset:]:
        name = name.encode()
        entry = struct.pack("<2Q2I", at + ROOT + 1, at + 1, len(name), 8) + name
        entry += b"\0" * (-len(entry) % 8)
        if len(entries) + len(entry) > size:
            break
        entries += entry
    return entries


def answer(operation, node, body):
    """Returns an error number, or the bytes of the answer."""
    if operation == INIT:
        return struct.pack("<4I2H2I2HI7I", 7, 31, 1 << 17, 0, 0, 0, 1 << 17, 1, 0, 0, 0, *[0] * 7)
    if operation == LOOKUP:
        name = body[:-1].decode()
        if name not in spec:
            return ENOENT
        found = names.index(name) + ROOT + 1
        return failure(found, "getattr") or struct.pack("<4Q2I", found, 0, 0, 0, 0, 0) + attributes(found)
    if operation == GETATTR:
        return failure(node, "getattr") or struct.pack("<QII", 0, 0, 0) + attributes(node)
    if operation in (OPEN, OPENDIR):
        is_direct = operation == OPEN and not file_of(node).get("cached")
        return failure(node, "open") or struct.pack("<QII", 0, DIRECT_IO if is_direct else 0, 0)
    if operation in (READ, READDIR):
        offset, size = struct.unpack_from("<QI", body, 8)
        return failure(node, "read") or (read(node, offset, size) if operation == READ else listing(offset, size))
    return b"" if operation in (RELEASE, RELEASEDIR, FLUSH) else ENOSYS


def serve(fuse):
    parent = os.getppid()
    while os.getppid() == parent:
        if not select.select([fuse], [], [], 0.2)[0]:
            continue
        try:
            request = os.read(fuse, 1 << 18)
        except OSError as error:
            if error.errno == ENODEV:
                return
            continue
        _, operation, unique, node = struct.unpack_from("<2I2Q", request)
        if operation in (FORGET, BATCH_FORGET):
            continue
        reply = answer(operation, node, request[40:])
        error, reply = (reply, b"") if isinstance(reply, int) else (0, reply)
        try:
            os.write(fuse, struct.pack("<IiQ", 16 + len(reply), -error, unique) + reply)
        except OSError:
            pass  # It was interrupted.


fuse = os.open("/dev/fuse", os.O_RDWR)
libc = ctypes.CDLL(None, use_errno=True)
mount_options = f"fd={fuse},rootmode=40000,{options}"
if libc.mount(b"odd", folder.encode(), b"fuse", 6, mount_options.encode()):
    sys.exit(f"can't mount: {os.strerror(ctypes.get_errno())}")
open(ready, "w").close()
serve(fuse)
