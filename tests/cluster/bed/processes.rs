//! The processes of a bed. [`binaries`] finds what they run, [`Process`] runs one so that it cannot
//! outlive the test process, however that ends.

#[path = "../../support/built.rs"]
#[allow(clippy::duplicate_mod, reason = "each of these stands alone")]
mod built;

use std::fs::{self, File};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// Waits for a process, and ends it when the other end of its own stdin closes. The kernel closes
/// that end when the test process dies, whether it returned, panicked or was killed.
/// `$1` is a folder to remove at the end, or empty.
const SUPERVISOR: &str = r#"
remove=$1; shift
exec 3<&0
"$@" </dev/null 3<&- & child=$!
(read -r _ <&3; kill -KILL $child) 2>/dev/null & reader=$!
exec 3<&-
wait $child; status=$?
kill $reader 2>/dev/null
[ -z "$remove" ] || rm -rf "$remove"
exit $status
"#;

/// The folder with kube-apiserver, etcd, kwok and kubectl, built first when they are missing.
pub fn binaries() -> PathBuf {
    built::folder("tests/cluster/build.sh", "API server")
}

/// A supervised process whose output goes to a log file.
pub struct Process {
    name: String,
    log: PathBuf,
    supervisor: Child,
}

impl Process {
    /// Runs `binary` with `args` and logs to `folder`. When `owns` is set, the process is the last
    /// writer of that folder, which is removed with it.
    pub fn start(binary: &Path, args: &[String], folder: &Path, owns: Option<&Path>) -> Self {
        let name = binary.file_name().unwrap().to_string_lossy().into_owned();
        let log = folder.join(format!("{name}.log"));
        let out = File::create(&log).unwrap_or_else(|e| panic!("{}: {e}", log.display()));
        let supervisor = Command::new("sh")
            .args(["-c", SUPERVISOR, "supervisor"])
            .arg(owns.unwrap_or(Path::new("")))
            .arg(binary)
            .args(args)
            // A terminal's Ctrl-C is for the test process; the rest follows from its end.
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(out.try_clone().unwrap())
            .stderr(out)
            .spawn()
            .unwrap_or_else(|error| panic!("{name} does not start: {error}"));
        Self {
            name,
            log,
            supervisor,
        }
    }

    /// The supervisor's process id.
    pub fn id(&self) -> u32 {
        self.supervisor.id()
    }

    /// Panics with the end of the log when the process has ended.
    pub fn assert_alive(&mut self) {
        if let Ok(Some(status)) = self.supervisor.try_wait() {
            panic!("{} ended ({status}):\n{}", self.name, self.last_words());
        }
    }

    /// The end of the log.
    pub fn last_words(&self) -> String {
        let log = fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<_> = log.lines().collect();
        lines[lines.len().saturating_sub(25)..].join("\n")
    }
}
