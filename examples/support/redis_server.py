# SPDX-License-Identifier: CC0-1.0
"""A Redis server of an example's own."""
import contextlib
import socket
import subprocess
import time


def _can_connect(path):
    with socket.socket(socket.AF_UNIX) as client:
        return client.connect_ex(path) == 0


@contextlib.contextmanager
def redis_server(folder):
    """A server on the socket `redis.sock` in a folder, empty at first; gives its process."""
    path = f'{folder}/redis.sock'
    process = subprocess.Popen(['redis-server', '--port', '0', '--unixsocket', path, '--dir', folder, '--save', ''],
                               stdout=subprocess.DEVNULL)
    try:
        while not _can_connect(path):
            if process.poll() is not None:
                raise SystemExit('the Redis server ended before it could be asked')
            time.sleep(0.01)
        yield process
    finally:
        process.terminate()
        process.wait()
