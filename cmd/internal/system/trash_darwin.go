package system

import (
	"context"
	"os"
	"time"

	"grove/app"
)

// trashScript asks the file manager of the system and not the Finder, so that
// nobody has to allow Grove to control another program. The path is its
// argument.
const trashScript = `ObjC.import("Foundation");
function run(argv) {
	const failed = $();
	const moved = $.NSFileManager.defaultManager.trashItemAtURLResultingItemURLError($.NSURL.fileURLWithPath(argv[0]), null, failed);
	if (!moved) throw new Error(ObjC.unwrap(failed.localizedDescription));
}`

// trashWait is for a disk that has to wake up.
const trashWait = 30 * time.Second

// Trash moves the file or folder at path, which is absolute, into the trash.
func Trash(ctx context.Context, path string) error {
	path, err := absolute(path)
	if err != nil {
		return err
	}
	if _, err := os.Lstat(path); err != nil {
		return trouble(err, path)
	}
	if _, err := ask(ctx, trashWait, "/usr/bin/osascript", "-l", "JavaScript", "-e", trashScript, path); err != nil {
		return app.NewProblem(app.ReadOnly, path, err)
	}
	return nil
}
