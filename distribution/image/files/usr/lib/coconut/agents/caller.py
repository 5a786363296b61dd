#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""usage: caller.py STEP...

HOST:PORT           connects and tells what the server says
hold:SECONDS:HOST:PORT  goes on talking until the time is over or it fails
udp:HOST:PORT       sends a datagram
sleep:SECONDS       waits
"""

import socket
import sys
import time


def call(host, port, seconds=0):
    with socket.create_connection((host, int(port)), timeout=15) as connection:
        connection.sendall(b"who\n")
        said = connection.recv(64).decode().strip()
        if seconds:
            print(f"held {said}", flush=True)
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            time.sleep(0.2)
            connection.sendall(b"who\n")
            connection.recv(64)
        return said


def datagram(host, port):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(b"x", (host, int(port)))
    return "sent"


def take(step):
    kind, _, rest = step.partition(":")
    if kind == "sleep":
        time.sleep(float(rest))
        return "over"
    if kind == "udp":
        return datagram(*rest.split(":"))
    if kind == "hold":
        seconds, host, port = rest.split(":")
        return "whole time, " + call(host, port, float(seconds))
    return call(kind, rest)


for step in sys.argv[1:]:
    started = time.monotonic()
    try:
        said = take(step)
    except socket.gaierror as error:
        said = f"no address ({error.errno})"
    except OSError as error:
        said = f"errno {error.errno}"
    print(f"{step}: {said} after {time.monotonic() - started:.1f}", flush=True)
