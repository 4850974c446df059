"""A disk in memory, by /dev/fuse, that lacks what the words on the command line say: odd_disk.py FOLDER WORD...

fold        takes names for the same that differ by case or by dots and spaces at the end, as FAT does
names       refuses : ? and * in names
links       has no hard links
exchange    can't rename without replacing
symlinks    has no symbolic links
modes       shows 0755 for all, and says that all went well; with `refuse` that it isn't allowed
owners      shows the owner 1000 for all, likewise
times       rounds times down to two seconds, and has none before 1980 or after 2107
attributes  has no extended attributes
room        doesn't tell how much room it has
inodes      has another inode for each spelling of a name
full        has no room for the first file that begins with "full"
"""
import ctypes
import errno
import os
import stat
import struct
import sys
import time

folder, words = sys.argv[1], set(sys.argv[2:])
nodes, handles = {}, {}
ATTR = "<QQQQQQIIIIIIIIII"


class Node:
    def __init__(self, mode, uid, gid, rdev=0):
        self.mode, self.uid, self.gid, self.rdev = mode, uid, gid, rdev
        self.data, self.names, self.xattrs, self.links = bytearray(), {}, {}, 1
        self.mtime = self.ctime = now()
        self.ino = len(nodes) + 1
        nodes[self.ino] = self


def now():
    return kept(*divmod(time.time_ns(), 10**9))


def kept(seconds, nanos):
    if "times" not in words:
        return seconds, nanos
    return min(max(seconds // 2 * 2, 315532800), 4354819198), 0


def key(name):
    return name.decode(errors="surrogateescape").rstrip(". ").lower() if "fold" in words else name


def shown(name):
    return (name.rstrip(b". ") or name) if "fold" in words else name


def fail(number):
    raise OSError(number, "")


def attr(n):
    mode = n.mode & ~0o7777 | 0o755 if "modes" in words else n.mode
    uid, gid = (1000, 1000) if "owners" in words else (n.uid, n.gid)
    size = len(n.data)
    seconds = n.mtime[0] & 2**64 - 1
    return struct.pack(ATTR, n.ino, size, (size + 511) // 512, seconds, seconds, n.ctime[0],
                       n.mtime[1], n.mtime[1], n.ctime[1], mode, n.links, uid, gid, n.rdev, 4096, 0)


def entry(n):
    return struct.pack("<QQQQII", n.ino, 0, 0, 0, 0, 0) + attr(n)


def child(parent, name):
    if key(name) not in parent.names:
        fail(errno.ENOENT)
    node = parent.names[key(name)][1]
    if "inodes" in words and parent.names[key(name)][0] != name:
        other = Node(node.mode, node.uid, node.gid)
        ino = other.ino
        other.__dict__ = dict(node.__dict__, ino=ino)
        return other
    return node


def add(parent, name, node):
    if "names" in words and set(name) & set(b":?*"):
        fail(errno.EINVAL)
    if key(name) in parent.names:
        fail(errno.EEXIST)
    parent.names[key(name)] = (shown(name), node)
    parent.mtime = now()


def cut(data):
    return data.split(b"\0")[0]


def make(parent, name, mode, who, rdev=0):
    node = Node(mode, who[0], who[1], rdev)
    add(parent, name, node)
    return node


def setattr_(n, body):
    valid, _, _, size, _, _, mtime, _, _, nanos, _, mode, _, uid, gid = struct.unpack("<IIQQQQqQIIIIIII", body[:84])
    if valid & 1 and (mode ^ n.mode) & 0o7777:
        if "modes" in words and "refuse" in words:
            fail(errno.EPERM)
        n.mode = n.mode & ~0o7777 | mode & 0o7777
    if valid & 6 and "owners" in words and "refuse" in words:
        fail(errno.EPERM)
    n.uid, n.gid = uid if valid & 2 else n.uid, gid if valid & 4 else n.gid
    if valid & 8:
        n.data = n.data[:size] + bytes(max(0, size - len(n.data)))
        n.mtime = now()
    if valid & 32:
        n.mtime = now() if valid & 256 else kept(mtime, nanos)
    return struct.pack("<QII", 0, 0, 0) + attr(n)


def rename(old, name, new_ino, new_name, flags=0):
    if flags and "exchange" in words:
        fail(errno.EINVAL)
    new = nodes[new_ino]
    node = child(old, name)
    there = new.names.get(key(new_name))
    if "names" in words and set(new_name) & set(b":?*"):
        fail(errno.EINVAL)
    if there and flags & 1:
        fail(errno.EEXIST)
    if there and there[1].names:
        fail(errno.ENOTEMPTY)
    del old.names[key(name)]
    new.names[key(new_name)] = (shown(new_name), node)
    old.mtime = new.mtime = now()
    return b""


def remove(parent, name):
    node = child(parent, name)
    if node.names:
        fail(errno.ENOTEMPTY)
    parent.names.pop(key(name))
    node.links -= 1
    parent.mtime = now()
    return b""


def listed(n, offset, size):
    names = [(b".", n), (b"..", n)] + list(n.names.values())
    out = b""
    for at, (name, node) in list(enumerate(names))[offset:]:
        one = struct.pack("<QQII", node.ino, at + 1, len(name), stat.S_IFMT(node.mode) >> 12) + name
        one += b"\0" * (-len(one) % 8)
        if len(out) + len(one) > size:
            break
        out += one
    return out


def answer(op, ino, body, who):
    n = nodes.get(ino)
    if op == 26:  # INIT
        major, minor, ahead, flags = struct.unpack("<IIII", body[:16])
        return struct.pack("<IIIIHHIIHHI7I", 7, min(minor, 31), ahead, flags & 0x20, 16, 12, 1 << 17, 1, 32, 0, *[0] * 8)
    if op == 1:
        return entry(child(n, cut(body)))
    if op == 3:
        return struct.pack("<QII", 0, 0, 0) + attr(n)
    if op == 4:
        return setattr_(n, body)
    if op == 5:
        return bytes(n.data)
    if op == 6:
        if "symlinks" in words:
            fail(errno.EPERM)
        name, target = body.split(b"\0")[:2]
        node = make(n, name, 0o120777, who)
        node.data = bytearray(target)
        return entry(node)
    if op == 8:
        mode, rdev = struct.unpack("<II", body[:8])
        return entry(make(n, cut(body[16:]), mode, who, rdev))
    if op == 9:
        return entry(make(n, cut(body[8:]), struct.unpack("<I", body[:4])[0] | 0o40000, who))
    if op in (10, 11):
        return remove(n, cut(body))
    if op == 12:
        name, new_name = body[8:].split(b"\0")[:2]
        return rename(n, name, struct.unpack("<Q", body[:8])[0], new_name)
    if op == 45:
        new, flags = struct.unpack("<QI", body[:12])
        name, new_name = body[16:].split(b"\0")[:2]
        return rename(n, name, new, new_name, flags)
    if op == 13:
        if "links" in words:
            fail(errno.EPERM)
        node = nodes[struct.unpack("<Q", body[:8])[0]]
        add(n, cut(body[8:]), node)
        node.links += 1
        return entry(node)
    if op in (14, 27):
        return struct.pack("<QII", 0, 0, 0)
    if op == 15:
        _, offset, size = struct.unpack("<QQI", body[:20])
        return bytes(n.data[offset:offset + size])
    if op == 16:
        _, offset, size = struct.unpack("<QQI", body[:20])
        if "full" in words and body[40:44] == b"full":
            words.remove("full")
            fail(errno.ENOSPC)
        n.data += bytes(max(0, offset - len(n.data)))
        n.data[offset:offset + size] = body[40:40 + size]
        n.mtime = now()
        return struct.pack("<II", size, 0)
    if op == 17:
        if "room" in words:
            fail(errno.ENOSYS)
        return struct.pack("<QQQQQIII", 10**6, 10**6, 10**6, 10**6, 10**6, 4096, 255, 4096) + bytes(28)
    if op in (18, 20, 25, 29, 30, 38):
        return b""
    if 21 <= op <= 24 and "attributes" in words:
        fail(errno.EOPNOTSUPP)
    if op == 21:
        size, _ = struct.unpack("<II", body[:8])
        name = cut(body[8:])
        n.xattrs[name] = body[9 + len(name):9 + len(name) + size]
        return b""
    if op in (22, 23):
        size, _ = struct.unpack("<II", body[:8])
        if op == 22 and cut(body[8:]) not in n.xattrs:
            fail(errno.ENODATA)
        value = n.xattrs[cut(body[8:])] if op == 22 else b"".join(name + b"\0" for name in n.xattrs)
        if size == 0:
            return struct.pack("<II", len(value), 0)
        return value if len(value) <= size else fail(errno.ERANGE)
    if op == 24:
        if n.xattrs.pop(cut(body), None) is None:
            fail(errno.ENODATA)
        return b""
    if op == 28:
        _, offset, size = struct.unpack("<QQI", body[:20])
        return listed(n, offset, size)
    if op == 35:
        _, mode = struct.unpack("<II", body[:8])
        return entry(make(n, cut(body[16:]), mode, who)) + struct.pack("<QII", 0, 0, 0)
    fail(errno.ENOSYS)


def serve(fd):
    while True:
        request = os.read(fd, 1 << 18)
        _, op, unique, ino, uid, gid = struct.unpack("<IIQQII", request[:32])
        if op in (2, 36, 42):
            continue
        try:
            number, out = 0, answer(op, ino, request[40:], (uid, gid))
        except OSError as error:
            number, out = -error.errno, b""
        os.write(fd, struct.pack("<IiQ", 16 + len(out), number, unique) + out)


Node(0o40755, 0, 0)
fd = os.open("/dev/fuse", os.O_RDWR)
how = "fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other" % fd
if ctypes.CDLL(None, use_errno=True).mount(b"odd", folder.encode(), b"fuse.odd", 6, how.encode()):
    sys.exit("no mount: %s" % os.strerror(ctypes.get_errno()))
if os.fork():
    os._exit(0)
os.setsid()
for standard in range(3):
    os.dup2(os.open("/dev/null", os.O_RDWR), standard)
try:
    serve(fd)
except OSError:
    pass
