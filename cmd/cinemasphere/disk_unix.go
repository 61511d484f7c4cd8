//go:build linux || darwin

package main

import "syscall"

// canLookAtDisks says whether this system is asked for the room on its disks.
const canLookAtDisks = true

// freeBytes is how many bytes a program may still write to the disk of a folder.
func freeBytes(folder string) (uint64, error) {
	var found syscall.Statfs_t
	if err := syscall.Statfs(folder, &found); err != nil {
		return 0, err
	}
	return found.Bavail * uint64(found.Bsize), nil
}

// openFiles is how many files, connections among them, the program may have open at once.
func openFiles() (uint64, error) {
	var found syscall.Rlimit
	err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &found)
	return found.Cur, err
}
