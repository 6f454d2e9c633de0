package main

import (
	"slices"
	"time"
)

// scenarios are all that the lab shows, in the order of the table.
var scenarios = slices.Concat(meetings, manners(), crowds())

// meetings are those of finding and reaching each other.
var meetings = []scenario{
	{"lan", "two computers on a switch that leads nowhere", time.Minute, alone, false, false},
	{"household", "two computers of one home, the origin outside", 2 * time.Minute, household, false, false},
	{"nat", "two homes behind port-restricted routers; a relay, a tracker and a hash table outside", 3 * time.Minute, punching, false, false},
	{"symmetric", "the same behind symmetric routers, where no hole can be made", 2 * time.Minute, unpunchable, false, false},
	{"ipv6", "two homes with IPv6 only, behind walls that let in who was spoken to", 3 * time.Minute, overIPv6, false, false},
	{"keepalive", "the sharer goes, and others who have the package are found", 5 * time.Minute, keepalive, false, false},
	{"dht", "a hash table of 40 computers", 4 * time.Minute, table, false, false},
	{"depot", "a depot keeps a copy for a sender who goes offline", 2 * time.Minute, depot, false, false},
	{"hostile", "a tracker and a hash table that invent peers at a victim", 3 * time.Minute, hostile, false, false},
	{"doctor", "what grove doctor says at each of these places", 5 * time.Minute, doctors, true, false},
	{"idle", "a Grove with nothing to do", 4 * time.Minute, idle, true, false},
}

// manners are those of docs/MANNERS.md.
func manners() []scenario {
	all := []scenario{
		{"quit", "a Grove that is told to end while it gives, 100 times", 12 * time.Minute, quit, false, false},
		{"line-test", "what grove line says of a line, and what is so", 5 * time.Minute, lineTest, false, false},
		{"budget", "a giver with a small budget who is killed, and greedy takers", 30 * time.Minute, budget, false, false},
	}
	return slices.Concat(all, meddled, uplinks(), gentles())
}
