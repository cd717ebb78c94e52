//! Finds and runs the `buf` command, which compiles what the built-in compiler cannot.
//!
//! [`Buf`] says where it is; [`super::buf_build`] says what to run. There is no shell, a run ends
//! at a deadline with everything that it started, and what it prints is capped.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fmt;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, OnceLock, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use super::buf_environment::{Audience, Environment};

/// Environment variable that names the `buf` command.
const VARIABLE: &str = "PROTODIFF_BUF";

/// How long one truth may take.
const DEADLINE: Duration = Duration::from_secs(60);

/// What is kept of standard error.
const STDERR: u64 = 256 << 10;

/// The `buf` command, as far as it is known.
#[derive(Debug, Clone)]
pub struct Buf {
    place: Place,
    deadline: Duration,
    /// When the time for all truths together is over.
    end: Option<Instant>,
    environment: Environment,
    /// Registries that the user named, and that may see the token.
    trusted: BTreeSet<String>,
    /// What `--version` says, once asked.
    version: Arc<OnceLock<Option<Version>>>,
}

/// A version, as far as it matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Version {
    pub(super) major: u32,
    pub(super) minor: u32,
}

#[derive(Debug, Clone)]
enum Place {
    At(PathBuf),
    Absent,
    /// The variable names what cannot be run.
    Wrong(OsString),
}

/// Why there is no `buf` to run.
#[derive(Debug)]
pub(super) enum Missing {
    NotOnPath,
    Wrong(String),
    /// The time for all truths is over.
    Late,
}

impl Buf {
    /// The one that `PROTODIFF_BUF` names, or the one on `PATH`.
    pub fn from_environment() -> Self {
        let place = match std::env::var_os(VARIABLE).filter(|name| !name.is_empty()) {
            Some(name) => which::which(&name).map_or(Place::Wrong(name), Place::At),
            None => which::which("buf").map_or(Place::Absent, Place::At),
        };
        Self::new(place)
    }

    fn new(place: Place) -> Self {
        Self {
            place,
            deadline: DEADLINE,
            end: None,
            environment: Environment::current(),
            trusted: BTreeSet::new(),
            version: Arc::default(),
        }
    }

    /// This program.
    pub fn at(program: impl Into<PathBuf>) -> Self {
        Self::new(Place::At(program.into()))
    }

    /// None: Editions, dependencies and registry modules are refused.
    pub fn absent() -> Self {
        Self::new(Place::Absent)
    }

    /// Registries that may see a token that names no host of its own.
    #[must_use]
    pub fn trusting(mut self, hosts: impl IntoIterator<Item = String>) -> Self {
        self.trusted.extend(hosts);
        self
    }

    pub(super) fn trusted(&self) -> &BTreeSet<String> {
        &self.trusted
    }

    pub(super) fn environment(&self) -> &Environment {
        &self.environment
    }

    /// The version of a program that can be run; `None` if it says nothing that is one.
    pub(super) fn version(&self, runner: &Runner) -> Option<Version> {
        *self.version.get_or_init(|| {
            let said = runner
                .run(
                    Path::new("."),
                    &["--version".into()],
                    1 << 10,
                    Audience::Configured,
                )
                .ok()?;
            Version::parse(&String::from_utf8_lossy(&said))
        })
    }

    /// Another deadline than a minute for one truth.
    #[must_use]
    pub fn within(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// An end for all truths together, however many there are.
    #[must_use]
    pub fn until(mut self, end: Instant) -> Self {
        self.end = Some(end);
        self
    }

    /// A program whose runs share one deadline.
    pub(super) fn start(&self) -> Result<Runner, Missing> {
        let now = Instant::now();
        let left = self.end.map(|end| end.saturating_duration_since(now));
        if left.is_some_and(|left| left.is_zero()) {
            return Err(Missing::Late);
        }
        let allowed = left.map_or(self.deadline, |left| left.min(self.deadline));
        match &self.place {
            Place::At(program) => Ok(Runner {
                program: program.clone(),
                environment: self.environment.clone(),
                allowed,
                until: now + allowed,
            }),
            Place::Absent => Err(Missing::NotOnPath),
            Place::Wrong(name) => Err(Missing::Wrong(format!(
                "{VARIABLE} names `{}`, which is no program that can be run",
                name.to_string_lossy()
            ))),
        }
    }
}

/// Runs the program until a common deadline.
#[derive(Debug)]
pub(super) struct Runner {
    program: PathBuf,
    environment: Environment,
    allowed: Duration,
    until: Instant,
}

/// Why a run gave nothing.
#[derive(Debug)]
pub(super) enum Stopped {
    NotRun(io::Error),
    /// After this long, in whole seconds if it was more than one.
    Deadline(Duration),
    TooLarge(u64),
    Failed {
        status: ExitStatus,
        stderr: String,
    },
}

impl Version {
    /// `1.75.0`, as `buf --version` prints it.
    fn parse(said: &str) -> Option<Self> {
        let mut numbers = said.trim().split('.').map(str::parse);
        Some(Self {
            major: numbers.next()?.ok()?,
            minor: numbers.next()?.ok()?,
        })
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

impl fmt::Display for Runner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.program.display().fmt(f)
    }
}

impl Runner {
    /// The flag that has `buf` end by itself, should this process be killed meanwhile.
    pub(super) fn timeout(&self) -> OsString {
        format!("--timeout={}s", self.allowed.as_secs() + 5).into()
    }

    /// What is left until the deadline.
    pub(super) fn left(&self) -> Duration {
        self.until.saturating_duration_since(Instant::now())
    }

    /// The deadline has passed. It is said in round numbers: an end for all truths makes odd ones.
    fn late(&self) -> Stopped {
        let second = Duration::from_secs(1);
        if self.allowed < second {
            let millis = u64::from(self.allowed.subsec_millis());
            return Stopped::Deadline(Duration::from_millis(millis));
        }
        let begun = u64::from(self.allowed.subsec_nanos() > 0);
        Stopped::Deadline(Duration::from_secs(self.allowed.as_secs() + begun))
    }

    /// What the program prints on standard output when it is run in `folder`.
    pub(super) fn run(
        &self,
        folder: &Path,
        args: &[OsString],
        cap: u64,
        audience: Audience<'_>,
    ) -> Result<Vec<u8>, Stopped> {
        let mut command = Command::new(&self.program);
        command
            .args(args)
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        self.environment.apply(&mut command, audience);
        // A group of its own, so that what a wrapper script starts can be ended with it.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut running = Running(Some(command.spawn().map_err(Stopped::NotRun)?));
        let (stdout, stderr) = running.streams();
        let stdout = reader(stdout, cap + 1, Rest::Refused);
        let stderr = reader(stderr, STDERR, Rest::Dropped);
        let output = self.wait(&stdout)?;
        if output.len() as u64 > cap {
            return Err(Stopped::TooLarge(cap));
        }
        let stderr = self.wait(&stderr)?;
        let status = running.ended(self)?;
        if status.success() {
            return Ok(output);
        }
        Err(Stopped::Failed {
            status,
            stderr: self.environment.redact(&String::from_utf8_lossy(&stderr)),
        })
    }

    fn wait(&self, stream: &mpsc::Receiver<io::Result<Vec<u8>>>) -> Result<Vec<u8>, Stopped> {
        match stream.recv_timeout(self.left()) {
            Ok(Ok(bytes)) => Ok(bytes),
            Ok(Err(cause)) => Err(Stopped::NotRun(cause)),
            Err(_) => Err(self.late()),
        }
    }
}

/// What becomes of bytes beyond a cap.
#[derive(Clone, Copy)]
enum Rest {
    /// The stream is closed, so the writer fails.
    Refused,
    /// They are read, and forgotten.
    Dropped,
}

/// Reads a stream in a thread of its own; up to `cap` bytes are kept.
fn reader(
    stream: Option<impl Read + Send + 'static>,
    cap: u64,
    rest: Rest,
) -> mpsc::Receiver<io::Result<Vec<u8>>> {
    let (send, receive) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let read = stream.map_or(Ok(0), |mut stream| {
            stream.by_ref().take(cap).read_to_end(&mut bytes)?;
            match rest {
                Rest::Refused => Ok(0),
                Rest::Dropped => io::copy(&mut stream, &mut io::sink()),
            }
        });
        // Nobody listens any more if the deadline has passed.
        let _ = send.send(read.map(|_| bytes));
    });
    receive
}

/// A process that ends when this is dropped.
struct Running(Option<Child>);

impl Running {
    fn streams(&mut self) -> (Option<impl Read + use<>>, Option<impl Read + use<>>) {
        self.0.as_mut().map_or((None, None), |child| {
            (child.stdout.take(), child.stderr.take())
        })
    }

    fn ended(&mut self, runner: &Runner) -> Result<ExitStatus, Stopped> {
        loop {
            let Some(child) = &mut self.0 else {
                return Err(runner.late());
            };
            if let Some(status) = child.try_wait().map_err(Stopped::NotRun)? {
                self.0 = None;
                return Ok(status);
            }
            if runner.left().is_zero() {
                return Err(runner.late());
            }
            // Its streams are closed, so it is about to end.
            thread::sleep(Duration::from_millis(2));
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let Some(mut child) = self.0.take() else {
            return;
        };
        #[cfg(unix)]
        {
            let group = rustix::process::Pid::from_child(&child);
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
        let _ = child.kill();
        let _ = child.wait();
    }
}
