//! Compiles proto2 and proto3 sources in process with protox; for Editions it says that it cannot.
//!
//! [`compile`] is the entry; [`super::directory`] decides what to compile. The result keeps custom
//! options and source positions, and every failure names a place in a file.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use bytes::Bytes;
use miette::Diagnostic as _;
use protox::file::{File, FileResolver, GoogleFileResolver};

use crate::core::truth::TruthFile;

use super::buf_build::Input;
use super::place::Places;
use super::{TruthError, edition, imports, wire};

/// What may be read for one truth.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Number of files.
    pub(super) files: usize,
    /// Bytes of all files together.
    pub(super) bytes: u64,
}

impl Limits {
    /// 20,000 files and 256 MiB: several times the largest public modules.
    pub(super) const DEFAULT: Self = Self {
        files: 20_000,
        bytes: 256 << 20,
    };

    pub(super) fn check(
        self,
        files: usize,
        bytes: u64,
        path: impl Fn() -> String,
    ) -> Result<(), TruthError> {
        let message = if files > self.files {
            format!("holds more than {} files", self.files)
        } else if bytes > self.bytes {
            format!("holds more than {} MiB of files", self.bytes >> 20)
        } else {
            return Ok(());
        };
        Err(TruthError::TooLarge {
            path: path(),
            message,
        })
    }
}

/// What to compile: import roots in order of precedence, and the truth's own files by import name.
#[derive(Debug)]
pub(super) struct Unit {
    pub(super) roots: Vec<PathBuf>,
    pub(super) own: BTreeMap<String, PathBuf>,
    /// The same for `buf`, which compiles it if it is written in Editions.
    pub(super) buf: Input,
}

/// The compiler follows imports by recursion; a deep chain must not end the process.
const STACK: usize = 256 << 20;

/// Compiles the unit's own files and everything that they import, dependencies first.
pub(super) fn compile(
    unit: &Unit,
    places: &Places,
    limits: Limits,
) -> Result<Vec<TruthFile>, TruthError> {
    refuse_editions(unit, places)?;
    let outcome = std::thread::scope(|scope| {
        std::thread::Builder::new()
            .name("protobuf-compiler".to_owned())
            .stack_size(STACK)
            .spawn_scoped(scope, || run(unit, places, limits))
            .map(std::thread::ScopedJoinHandle::join)
    });
    match outcome {
        Ok(Ok(result)) => result,
        Ok(Err(_)) => Err(compiler_stopped(unit, places, "stopped unexpectedly")),
        Err(cause) => Err(compiler_stopped(unit, places, &cause.to_string())),
    }
}

fn compiler_stopped(unit: &Unit, places: &Places, message: &str) -> TruthError {
    TruthError::Compile {
        place: roots_shown(unit, places).join(", "),
        message: format!("the compiler did not finish: {message}"),
        help: Some("run `buf build -o truth.binpb` and name truth.binpb as the truth".to_owned()),
    }
}

fn roots_shown(unit: &Unit, places: &Places) -> Vec<String> {
    unit.roots.iter().map(|root| places.show(root)).collect()
}

/// One message for all files that are written in an edition, before any is compiled.
fn refuse_editions(unit: &Unit, places: &Places) -> Result<(), TruthError> {
    let mut first = None;
    let mut count = 0;
    for path in unit.own.values() {
        // Unreadable files are reported when the compiler opens them.
        let Ok(bytes) = fs::read(path) else { continue };
        if let Some((line, edition)) = edition::declared(&String::from_utf8_lossy(&bytes)) {
            count += 1;
            first.get_or_insert_with(|| (format!("{}:{line}", places.show(path)), edition));
        }
    }
    match first {
        None => Ok(()),
        Some((place, edition)) => Err(TruthError::Editions {
            place,
            edition,
            others: count - 1,
        }),
    }
}

fn run(unit: &Unit, places: &Places, limits: Limits) -> Result<Vec<TruthFile>, TruthError> {
    let seen = Rc::new(RefCell::new(Seen::default()));
    let mut compiler = protox::Compiler::with_file_resolver(Roots {
        includes: unit.roots.clone(),
        own: unit.own.clone(),
        google: GoogleFileResolver::new(),
        places: places.clone(),
        limits,
        seen: Rc::clone(&seen),
    });
    compiler.include_source_info(true).include_imports(true);
    for name in unit.own.keys() {
        if let Err(error) = compiler.open_file(name) {
            return Err(explain(&error, unit, places, &mut seen.borrow_mut()));
        }
    }
    // With imports and source info this is the pool's raw encoding, custom options included.
    let set = Bytes::from(compiler.encode_file_descriptor_set());
    let internal =
        |cause: &dyn std::fmt::Display| compiler_stopped(unit, places, &cause.to_string());
    let files = wire::files_of_set(&set).map_err(|error| internal(&error))?;
    let seen = seen.borrow();
    files
        .into_iter()
        .map(|bytes| {
            let name = wire::file_name(&bytes).ok_or_else(|| internal(&"a file has no name"))?;
            Ok(TruthFile {
                path: seen.opened.get(&name).map(|file| places.show(&file.path)),
                imported: !unit.own.contains_key(&name),
                bytes,
            })
        })
        .collect()
}

/// What the resolver learned, for the caller.
#[derive(Default)]
struct Seen {
    opened: HashMap<String, Opened>,
    bytes: u64,
    /// A failure that the compiler's own error type cannot carry.
    failure: Option<TruthError>,
    /// The last import that was under no root.
    missing: Option<String>,
}

struct Opened {
    path: PathBuf,
    lines: usize,
}

/// Resolves own files by their known path, others by the first root that has them, and at last
/// the well-known types that come with the compiler.
struct Roots {
    includes: Vec<PathBuf>,
    own: BTreeMap<String, PathBuf>,
    google: GoogleFileResolver,
    places: Places,
    limits: Limits,
    seen: Rc<RefCell<Seen>>,
}

impl FileResolver for Roots {
    fn open_file(&self, name: &str) -> Result<File, protox::Error> {
        let in_roots = || {
            let mut candidates = self.includes.iter().map(|root| root.join(name));
            candidates.find(|path| path.is_file())
        };
        if let Some(path) = self.own.get(name).cloned().or_else(in_roots) {
            let text = self.read(name, &path).map_err(|error| {
                let words = error.to_string();
                self.seen.borrow_mut().failure = Some(error);
                protox::Error::new(words)
            })?;
            return File::from_source(name, text.trim_start_matches('\u{feff}'));
        }
        self.google.open_file(name).inspect_err(|_| {
            self.seen.borrow_mut().missing = Some(name.to_owned());
        })
    }
}

impl Roots {
    fn read(&self, name: &str, path: &Path) -> Result<String, TruthError> {
        let shown = || self.places.show(path);
        let io = |cause| TruthError::Io {
            path: shown(),
            cause,
        };
        let mut seen = self.seen.borrow_mut();
        let mut bytes = Vec::new();
        let room = self.limits.bytes.saturating_sub(seen.bytes);
        fs::File::open(path)
            .and_then(|file| file.take(room + 1).read_to_end(&mut bytes))
            .map_err(io)?;
        seen.bytes += bytes.len() as u64;
        self.limits
            .check(seen.opened.len() + 1, seen.bytes, shown)?;
        let text = String::from_utf8(bytes).map_err(|error| {
            let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
            let line = valid.split(|byte| *byte == b'\n').count();
            TruthError::Compile {
                place: format!("{}:{line}", shown()),
                message: "is not UTF-8 text".to_owned(),
                help: Some("save the file as UTF-8".to_owned()),
            }
        })?;
        if let Some((line, edition)) = edition::declared(&text) {
            return Err(TruthError::Editions {
                place: format!("{}:{line}", shown()),
                edition,
                others: 0,
            });
        }
        let opened = Opened {
            path: path.to_path_buf(),
            lines: text.lines().count().max(1),
        };
        seen.opened.insert(name.to_owned(), opened);
        Ok(text)
    }
}

/// Turns the compiler's error into one with a place on disk and a remedy.
fn explain(error: &protox::Error, unit: &Unit, places: &Places, seen: &mut Seen) -> TruthError {
    if let Some(failure) = seen.failure.take() {
        return failure;
    }
    let place = place_of(error, places, seen);
    if error.is_file_not_found()
        && let Some(import) = seen.missing.take()
    {
        return TruthError::UnresolvedImport {
            place,
            help: imports::remedy(&import, &roots_shown(unit, places)),
            import,
        };
    }
    let further = error.related().map_or(0, Iterator::count);
    let message = match further {
        0 => error.to_string(),
        n => format!("{error} (and {n} more in this file)"),
    };
    TruthError::Compile {
        place,
        message,
        help: error.help().map(|help| help.to_string()),
    }
}

/// `path:line:column`, as much of it as is known.
fn place_of(error: &protox::Error, places: &Places, seen: &Seen) -> String {
    let Some(name) = error.file() else {
        return "the module".to_owned();
    };
    let opened = seen.opened.get(name);
    let shown = opened.map_or_else(|| name.to_owned(), |file| places.show(&file.path));
    // Of two places ("first here, and again here") the last is the one at fault.
    let label = error.labels().and_then(Iterator::last);
    let position = label.as_ref().and_then(|label| {
        let source = error.source_code()?;
        source.read_span(label.inner(), 0, 0).ok()
    });
    match (position, opened) {
        (Some(at), _) => format!("{shown}:{}:{}", at.line() + 1, at.column() + 1),
        // "reached end of file" carries no span.
        (None, Some(file)) if error.is_parse() => format!("{shown}:{}", file.lines),
        (None, _) => shown,
    }
}
