//! `buf breaking` and the comparison, each on the same pairs.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

use protodiff::core::change::Change;

use crate::schemas::{self, Scope};
use crate::set::Set;
use crate::{apart, buf};

/// The categories whose every finding must be found here too.
pub(crate) const CONFIG: &str =
    r#"{"version":"v2","breaking":{"use":["PACKAGE","WIRE_JSON","WIRE"]}}"#;

/// Two schemas that differ by one mutation.
pub(crate) struct Pair {
    pub(crate) base: &'static str,
    pub(crate) kind: String,
    pub(crate) place: String,
    /// Whether they mean the same.
    pub(crate) neutral: bool,
    pub(crate) server: Arc<Set>,
    pub(crate) client: Arc<Set>,
}

/// What was found between them.
pub(crate) struct Seen {
    /// `buf`'s findings, or why it could not judge.
    pub(crate) buf: Result<Findings, String>,
    pub(crate) own: Vec<Change>,
}

/// Pairs that one process of `buf` judges.
const BATCH: usize = 24;

/// Judges all pairs, many per process of `buf`, and as many processes as the machine has cores.
pub(crate) fn all(pairs: &[Pair]) -> Vec<Seen> {
    // Only pairs of one base share what they import.
    let batches: Vec<&[Pair]> = pairs
        .chunk_by(|a, b| a.base == b.base)
        .flat_map(|of_base| of_base.chunks(BATCH))
        .collect();
    let next = AtomicUsize::new(0);
    let (sender, receiver) = mpsc::channel();
    let workers = thread::available_parallelism().map_or(2, std::num::NonZero::get);
    thread::scope(|scope| {
        for _ in 0..workers {
            let (sender, next, batches) = (sender.clone(), &next, &batches);
            scope.spawn(move || {
                let folder = tempfile::tempdir().unwrap();
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(batch) = batches.get(index) else {
                        break;
                    };
                    sender.send((index, judge(batch, folder.path()))).unwrap();
                }
            });
        }
    });
    drop(sender);
    let mut seen: Vec<(usize, Vec<Seen>)> = receiver.into_iter().collect();
    seen.sort_by_key(|(index, _)| *index);
    let seen: Vec<Seen> = seen.into_iter().flat_map(|(_, seen)| seen).collect();
    assert_eq!(seen.len(), pairs.len());
    seen
}

/// Both judges on some pairs of one base. If `buf` refuses them together, each is shown to it alone.
fn judge(batch: &[Pair], folder: &Path) -> Vec<Seen> {
    let buf: Vec<Result<Findings, String>> = match breaking(batch, folder) {
        Ok(found) => found.into_iter().map(Ok).collect(),
        Err(_) => batch
            .iter()
            .map(|pair| Ok(breaking(std::slice::from_ref(pair), folder)?.remove(0)))
            .collect(),
    };
    batch
        .iter()
        .zip(buf)
        .map(|(pair, buf)| Seen {
            buf,
            own: schemas::differences(&pair.server, &pair.client, Scope::All),
        })
        .collect()
}

/// Findings of `buf`, id and message.
type Findings = Vec<(String, String)>;

/// `buf`'s findings for each pair.
fn breaking(batch: &[Pair], folder: &Path) -> Result<Vec<Findings>, String> {
    for (name, side) in [("new.binpb", true), ("old.binpb", false)] {
        let mut files = Set::new();
        for (index, pair) in batch.iter().enumerate() {
            let set = if side { &pair.server } else { &pair.client };
            apart::add(&mut files, set, pair.base, index);
        }
        std::fs::write(folder.join(name), schemas::encode(&files)).unwrap();
    }
    let args = [
        "breaking",
        "new.binpb",
        "--against",
        "old.binpb",
        "--config",
        CONFIG,
        "--error-format",
        "json",
    ];
    // 100 says that there are findings.
    let output = buf::run(folder, &args, &[0, 100])?;
    let mut found = vec![Findings::new(); batch.len()];
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        let finding: serde_json::Value = serde_json::from_str(line).unwrap();
        let text = |key: &str| finding[key].as_str().unwrap_or_default();
        let index = apart::index(text("path"))
            .or_else(|| apart::index(text("message")))
            .ok_or_else(|| format!("nobody's finding: {line}"))?;
        found[index].push((text("type").to_owned(), text("message").to_owned()));
    }
    Ok(found)
}
