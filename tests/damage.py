"""Ways in which a file is damaged, each a function of its path."""


def emptied(path):
    path.write_bytes(b"")


def cut(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def flipped(path):
    """One bit in the middle is the other one."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))


def deleted(path):
    path.unlink()


def of_another_shape(path):
    """JSON, but no object."""
    path.write_text('["not", "this"]')


def a_folder(path):
    """A folder stands in its place."""
    path.unlink(missing_ok=True)
    path.mkdir()


WAYS = [emptied, cut, flipped, deleted, of_another_shape]
