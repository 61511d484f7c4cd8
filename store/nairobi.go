package store

import "time"

// nairobi is the time of all Kenya, which has no other.
var nairobi = time.FixedZone("EAT", 3*60*60)
