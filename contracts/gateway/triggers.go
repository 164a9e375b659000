package gateway

import (
	"github.com/nspcc-dev/neo-go/pkg/interop/native/std"
	"github.com/nspcc-dev/neo-go/pkg/interop/util"
)

// Triggers say when an upkeep is due:
//
//	cron:<minute> <hour> <day of month> <month> <day of week>   in UTC
//	every:<blocks>             that many blocks after the registration, and again
//	when:<method>              whenever this method of the target returns true
//	on:<contract>:<event>      a block after each block with such events
//
// and ;catchup=<n> may follow. The node tells when one is due; what can be told
// here is told here: that a trigger means something, and that a run fits it.

const (
	triggerCron  = 0
	triggerEvery = 1
	triggerWhen  = 2
	triggerOn    = 3
)

const hashDigits = 40

// parseTrigger returns an upkeep that has all that follows from its trigger.
func parseTrigger(given string) *upkeep {
	u := &upkeep{trigger: text(given, maxTriggerBytes, "trigger is longer than 128 bytes", "trigger is not UTF-8")}
	parts := std.StringSplit(u.trigger, ";")
	if len(parts) > 2 || (len(parts) == 2 && !isCatchup(parts[1])) {
		panic("what follows the ; of the trigger is not catchup=<n> with n from 1 to 10")
	}
	body := parts[0]
	if startsWith(body, "cron:") {
		u.kind = triggerCron
		requireCron(from(body, 5))
	} else if startsWith(body, "every:") {
		u.kind = triggerEvery
		u.every = number(from(body, 6), 1, maxEveryBlocks)
		if u.every < 0 {
			panic("every: of the trigger is not from 1 to 16777216 blocks")
		}
	} else if startsWith(body, "when:") {
		u.kind = triggerWhen
		u.condition = from(body, 5)
		if len(u.condition) == 0 || len(u.condition) > maxMethodBytes || u.condition[0] == '_' {
			panic("when: of the trigger is not a method of 1 to 64 bytes without a leading underscore")
		}
	} else if startsWith(body, "on:") {
		u.kind = triggerOn
		requireEvent(from(body, 3))
	} else {
		panic("trigger begins with none of cron:, every:, when: and on:")
	}
	return u
}

func isCatchup(s string) bool {
	return startsWith(s, "catchup=") && number(from(s, 8), 1, maxCatchup) > 0
}

// requireEvent takes 0x, 40 hex digits, a colon and the name of an event.
func requireEvent(s string) {
	name := 2 + hashDigits + 1
	if !startsWith(s, "0x") || len(s) < name || s[name-1] != ':' {
		panic("on: of the trigger is not 0x, 40 hex digits, a colon and an event")
	}
	for i := 2; i < name-1; i++ {
		c := int(s[i])
		if !(c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F') {
			panic("the contract in on: of the trigger has a character that is no hex digit")
		}
	}
	if len(s) == name || len(s) > name+maxEventBytes {
		panic("the event in on: of the trigger is not of 1 to 32 bytes")
	}
}

// requireCron takes five fields with one space between them.
func requireCron(s string) {
	fields := std.StringSplit(s, " ")
	if len(fields) != 5 {
		panic("cron: of the trigger is not 5 fields with one space between them")
	}
	lows := []int{0, 0, 1, 1, 0}
	highs := []int{59, 23, 31, 12, 7}
	for i := range fields {
		items := std.StringSplit(fields[i], ",")
		for j := range items {
			if !isCronItem(items[j], lows[i], highs[i]) {
				panic("a field of cron: is not a list of *, a, a-b, */n and a-b/n with numbers in its range")
			}
		}
	}
}

// isCronItem tells whether an item of a field is *, a, a-b, */n or a-b/n.
func isCronItem(s string, low int, high int) bool {
	steps := std.StringSplit(s, "/")
	if len(steps) > 2 || (len(steps) == 2 && number(steps[1], 1, high) < 0) {
		return false
	}
	if util.Equals(steps[0], "*") {
		return true
	}
	ends := std.StringSplit(steps[0], "-")
	first := number(ends[0], low, high)
	if len(ends) == 1 {
		return first >= 0 && len(steps) == 1
	}
	return len(ends) == 2 && first >= 0 && number(ends[1], low, high) >= first
}

// number reads decimal digits, and returns -1 unless they are of a number from
// low to high.
func number(s string, low int, high int) int {
	if len(s) == 0 || len(s) > 8 {
		return -1
	}
	n := 0
	for i := 0; i < len(s); i++ {
		c := int(s[i])
		if c < '0' || c > '9' {
			return -1
		}
		n = n*10 + c - '0'
	}
	if n < low || n > high {
		return -1
	}
	return n
}

func startsWith(s string, prefix string) bool {
	return len(s) >= len(prefix) && util.Equals(string([]byte(s)[:len(prefix)]), prefix)
}

// from is what follows the first at bytes.
func from(s string, at int) string {
	return string([]byte(s)[at:])
}
