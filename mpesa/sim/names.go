package sim

import "strings"

// customer is the name that M-PESA knows a phone's owner by: always the same for the same number.
func customer(phone string) string {
	first := [...]string{"AMINA", "BRIAN", "CYNTHIA", "DENNIS", "ESTHER", "FAITH", "GEORGE", "HALIMA", "IAN", "JOYCE"}
	middle := [...]string{
		"WANJIRU", "OCHIENG", "CHEBET", "MWENDE", "HASSAN", "NJOROGE", "ATIENO", "KIPKORIR", "NAFULA", "MUTUA",
	}
	last := [...]string{
		"OTIENO", "KAMAU", "KIPTOO", "MUSYOKA", "ABDI", "WAMBUI", "OUMA", "CHERUIYOT", "BARASA", "KILONZO",
	}
	digit := func(fromEnd int) int { return int(phone[len(phone)-fromEnd]-'0') % 10 }
	return first[digit(1)] + " " + middle[digit(2)] + " " + last[digit(3)]
}

func firstName(phone string) string {
	first, _, _ := strings.Cut(customer(phone), " ")
	return first
}

// named is a customer as a result names one.
func (p Party) named(phone string) string {
	number := phone
	switch p {
	case PartyPlain:
	case PartyMasked:
		number = maskedPhone(phone)
	case PartyLocal:
		number = "0" + phone[3:]
	}
	return number + " - " + customer(phone)
}
