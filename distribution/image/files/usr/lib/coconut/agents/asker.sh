#!/bin/sh
# SPDX-License-Identifier: MIT
# usage: asker.sh LINE: does what a line of shell says, as an agent.
exec sh -c "$1"
