# SPDX-License-Identifier: MIT
# Compares what a program of upstream's printed on two kernels: the first file is
# the unpatched kernel's, the second ours. One line of TAP for each test of the
# program, numbered from first + 1; and one for its end.

{ file = FILENAME == ARGV[1] ? 1 : 2 }

# The number and name of a test are one key, so that one that is missing on one
# kernel or stands elsewhere is a difference.
/^(not )?ok [0-9]+/ {
	answer = /^not / ? "fails" : "passes"
	line = $0
	sub(/^(not )?ok /, "", line)
	if (match(line, / *# *SKIP */)) {
		answer = "is skipped"
		reason = substr(line, RSTART + RLENGTH)
		line = substr(line, 1, RSTART - 1)
		why[line] = reason
	}
	# Which number the process has is chance.
	gsub("/proc/[0-9]+/", "/proc/PID/", line)
	if (!(line in seen)) {
		seen[line] = 1
		order[++count] = line
	}
	answers[file, line] = answer
	reported[file]++
}

/^1\.\.[0-9]+$/ { plan[file] = substr($0, 4) }
/^# status [0-9]+$/ { status[file] = $3 }

function tell(good, text) {
	printf "%s %d %s\n", good ? "ok" : "not ok", ++number, text
	if (!good)
		failed = 1
}

END {
	number = first
	for (i = 1; i <= count; i++) {
		line = order[i]
		plain = answers[1, line] ? answers[1, line] : "is missing"
		ours = answers[2, line] ? answers[2, line] : "is missing"
		text = name " " line
		if (plain != ours)
			tell(0, text " # " plain " on the unpatched kernel, " ours " on ours")
		else if (plain == "is skipped")
			tell(1, text " # SKIP on both kernels: " why[line])
		else if (plain == "fails")
			tell(1, text " # fails on both kernels")
		else
			tell(1, text)
	}
	# Some programs report by their exit status alone.
	if (!reported[1] && !reported[2] && status[1] != "" && status[2] != "") {
		if (status[1] != status[2])
			tell(0, name " # ends with " status[1] " on the unpatched kernel, " status[2] " on ours")
		else if (status[1] == 4)
			tell(1, name " # SKIP on both kernels")
		else
			tell(1, name (status[1] ? " # ends with " status[1] " on both kernels" : ""))
		exit failed
	}
	same = status[1] != "" && status[1] == status[2] && reported[1] == reported[2]
	whole = reported[1] > 0 && plan[1] == reported[1]
	text = name " reported all of its tests on both kernels"
	if (!same || !whole)
		text = text sprintf(" # %d and %d of %d, status %s and %s", reported[1], reported[2],
				    plan[1], status[1], status[2])
	tell(same && whole, text)
	exit failed
}
