package seating

// Spare shows to tests the choice that leaves no single seat.
func Spare(p *Plan, free []bool, chosen []int) []int { return p.spare(free, chosen) }
