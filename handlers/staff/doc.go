// Package staff lets people of the staff in: passwords, codes of an authenticator app, tries that must wait, sessions,
// one-time addresses, and the first owner.
//
// It sees no HTTP request. It must never keep or log a password, a code or a token: the books have their hashes.
package staff
