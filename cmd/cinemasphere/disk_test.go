package main

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"cinemasphere/store/storetest"
	"cinemasphere/store/storetest/needs"
)

// brokenDisk is a cinema whose books are on a volume that fails under load.
type brokenDisk struct {
	*trouble
	v        *volume
	database string // within the volume
}

// newBrokenDisk makes the books. The volume is mounted already.
func newBrokenDisk(t *testing.T, v *volume) *brokenDisk {
	t.Helper()
	outside := filepath.Join(t.TempDir(), "books.db")
	daraja, safaricom := payingDaraja(t)
	d := &brokenDisk{newTrouble(t, daraja, safaricom, stockForKills(t, outside)), v, filepath.Join(v.dir, "books.db")}
	v.do("cp %s %s", outside, d.database)
	d.env = append(d.env, "DATABASE_URL="+d.database)
	return d
}

// open starts the program, and waits until it is well.
func (d *brokenDisk) open() {
	d.Helper()
	d.p = d.v.launch(d.dir, d.env...)
	d.p.answers()
}

// breaks lets the disk fail under load, and looks at what everybody is told meanwhile: a clear 503 with the time to
// come again to whoever books, 503 to M-PESA so that nothing counts as kept, and pages to whoever reads.
func (d *brokenDisk) breaks(fail func(), ailment string) (late string) {
	d.Helper()
	had := d.customer(storetest.Phone(80_001), 0)
	eventually(d.T, 10*time.Second, "the ticket is paid", func() bool { return d.shows(had) })
	link := ""
	c := d.p.customer()
	link, _ = c.get("/").Find(`main a[href^="/screenings/"]`).First().Attr("href")
	form := c.get(link)
	phone := storetest.Phone(80_002)
	late = d.customer(phone, 6*time.Second)
	fail()
	eventually(d.T, 20*time.Second, "it says what is wrong", func() bool {
		status, text := d.get("/healthz")
		return status == http.StatusServiceUnavailable && strings.Contains(text, ailment)
	})
	busy := d.crowd.busy.Load()
	confirm := c.submit(form, `form[action="/bookings"]`, map[string]string{"name": "Otieno", "phone": "0712345679"})
	refused := c.submit(confirm, `form:has(input[name="confirmed"])`, nil)
	if refused.status != http.StatusServiceUnavailable || refused.header.Get("Retry-After") == "" ||
		!strings.Contains(refused.Find("main").Text(), "again") {
		d.Errorf("who books is told %d, Retry-After %q: %s", refused.status, refused.header.Get("Retry-After"),
			refused.Find("main").Text())
	}
	eventually(d.T, 20*time.Second, "all that book are turned away", func() bool {
		return d.crowd.busy.Load() > busy+20
	})
	if !d.shows(had) || d.shows(late) {
		d.Error("a paid ticket is not shown, or an unpaid one is")
	}
	eventually(d.T, 20*time.Second, "M-PESA calls back", func() bool { return len(d.delivered(phone)) > 0 })
	if got := d.delivered(phone); !slices.Equal(got, []int{http.StatusServiceUnavailable}) {
		d.Errorf("a callback that cannot be kept is answered %v", got)
	}
	if d.shows(late) {
		d.Error("a ticket whose payment is not in the books is shown as valid")
	}
	return late
}

// ends looks through the books on a disk that is not broken, once all is known.
func (d *brokenDisk) ends() {
	d.Helper()
	d.crowd.leave()
	_ = d.p.end(syscall.SIGKILL) // asked to end, it would wait for prompts whose callbacks were turned away
	outside := filepath.Join(d.TempDir(), "books.db")
	d.v.do("cp %s* %s", d.database, filepath.Dir(outside))
	start(d.T, d.dir, append(d.env, "DATABASE_URL="+outside)...)
	d.sound(outside)
	d.crowd.noneRefused(d.T)
}

// TestDiskFull fills the disk that the books are on, under load, and frees it. Sales go on by themselves.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	v := newVolume(t, "32m")
	d := newBrokenDisk(t, v)
	d.open()
	d.crowd.come(8)
	d.sells("bookings are taken")
	late := d.breaks(func() {
		if said, ok := v.try("dd if=/dev/zero of=%s/others bs=64k", v.dir); ok || !strings.Contains(said, "No space") {
			t.Fatalf("the disk is not full: %s", said)
		}
	}, "disk full")
	v.do("rm %s/others", v.dir)
	eventually(t, 10*time.Second, "it is well again", func() bool { return healthy(d.p.base) })
	d.sells("bookings are taken again")
	eventually(t, 30*time.Second, "M-PESA was asked what it could not report", func() bool { return d.shows(late) })
	d.ends()
}

// TestDiskReadOnly has the system stop all writes to the disk that the books are on, as it does after an error of the
// disk, under load. On such a disk the program does not start, and says why. Once the disk is repaired, it sells.
func TestDiskReadOnly(t *testing.T) {
	needs.Program(t, "a disk that can fail (root, mkfs.ext4, e2fsck, a loop device)", loopDevices())
	t.Parallel()
	v := newVolume(t, "128m")
	image := filepath.Join(v.dir, "image")
	v.dir = filepath.Join(v.dir, "disk")
	v.do("truncate -s 64M %s && mkfs.ext4 -q -F %s && mkdir %s", image, image, v.dir)
	mount := fmt.Sprintf("mount -o loop,errors=remount-ro %s %s", image, v.dir)
	v.do("%s", mount)
	d := newBrokenDisk(t, v)
	d.open()
	d.crowd.come(8)
	d.sells("bookings are taken")
	d.breaks(func() {
		v.do("echo 1 >/sys/fs/ext4/$(basename $(findmnt -no SOURCE %s))/trigger_fs_error", v.dir)
	}, "not writable") // SQLite says of a write no more than that it failed
	_ = d.p.end(syscall.SIGKILL)
	d.p = v.launch(d.dir, d.env...)
	if err := d.p.end(0); err == nil || !strings.Contains(d.p.log.String(), "read-only") {
		t.Errorf("on a disk that is read-only: %v\n%s", err, d.p.log)
	}
	v.do("umount %s && { e2fsck -fy %s; [ $? -le 1 ]; } && %s", v.dir, image, mount)
	d.open()
	d.sells("bookings are taken again")
	d.ends()
}

// loopDevices is why a file cannot be mounted as a disk here, nil where it can.
func loopDevices() error {
	if os.Getuid() != 0 {
		return errors.New("only root can mount a disk that fails")
	}
	for _, program := range []string{"mkfs.ext4", "e2fsck", "losetup", "findmnt"} {
		if _, err := exec.LookPath(program); err != nil {
			return err
		}
	}
	if out, err := exec.Command("losetup", "--find").CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	return nil
}
