"""Files that are written whole or not at all."""

import os
import tempfile
from pathlib import Path


def write_atomic(path: Path, content: bytes | str) -> Path:
    """Write ``content`` (text as UTF-8, line feeds kept) to ``path`` and return ``path``.

    The content goes to a temporary name in the same folder and is renamed onto ``path`` last, so a
    reader, or a run that was killed, sees the old file or the new one and never a part of it.
    Missing parent folders are made. Raises OSError, leaving nothing behind, when it cannot.
    """
    data = content.encode("utf-8") if isinstance(content, str) else content
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name[:40]}.", suffix=".part", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        # mkstemp makes files private; a report is meant to be read by others.
        temporary.chmod(0o644)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    return path
