// Package backup keeps copies of the books elsewhere, and brings them back: on a schedule and at once, to folders and
// to buckets of S3-like stores, compressed, and encrypted where there is a key.
//
// A backup is copied and checked while the box office is open, written beside its place, read back, and then gets its
// name. Older ones are thinned out by hour, day, week and month. How the backups stand is written into the books.
//
// It must never touch a file that is not a backup by its name, replace a backup, or know a secret key: backups are
// encrypted to public ones, and the owner has the other half.
package backup
