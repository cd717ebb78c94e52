//! Images of commits on disk, so that a commit is fetched once.
//!
//! [`Cache::lock`] gives one commit's place in it. A file is written whole or not at all, carries a
//! digest of its content, and is left out of account if it doesn't match; a cache that cannot be
//! used makes nothing fail. The oldest files go when the whole grows beyond its limit.

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use etcetera::BaseStrategy as _;
use sha2::{Digest as _, Sha256};

use crate::core::source::ModuleRef;

/// Environment variable that names the folder.
const VARIABLE: &str = "PROTODIFF_CACHE_DIR";

/// What all images together may take, in bytes.
const LIMIT: u64 = 512 << 20;

/// The first bytes of a kept image: what it is, and the version of this form.
const MAGIC: &[u8] = b"protodiff image 1\n";

/// A folder with images.
#[derive(Debug, Clone)]
pub(in crate::truth) struct Cache {
    /// `None` if there is no folder to use.
    folder: Option<PathBuf>,
    limit: u64,
}

impl Cache {
    /// The folder that `PROTODIFF_CACHE_DIR` names, or `protodiff` in the user's cache folder.
    pub(in crate::truth) fn from_environment() -> Self {
        let named = std::env::var_os(VARIABLE)
            .filter(|name| !name.is_empty())
            .map(PathBuf::from);
        let folder = named.or_else(|| {
            let user = etcetera::choose_base_strategy().ok()?;
            Some(user.cache_dir().join("protodiff"))
        });
        Self::at(folder.map(|folder| folder.join("modules")), LIMIT)
    }

    fn at(folder: Option<PathBuf>, limit: u64) -> Self {
        let folder = folder.filter(|folder| fs::create_dir_all(folder).is_ok());
        Self { folder, limit }
    }

    /// Whether there is a file for the image of a commit; whether it is whole, reading tells.
    pub(super) fn holds(&self, module: &ModuleRef, commit: &str) -> bool {
        self.path(module, commit).is_some_and(|path| path.is_file())
    }

    /// A digest is the file's name, so no module can name a path outside.
    fn path(&self, module: &ModuleRef, commit: &str) -> Option<PathBuf> {
        let key = Sha256::digest(format!("{}\n{commit}", module.name()));
        let name = key
            .iter()
            .fold(String::new(), |name, byte| format!("{name}{byte:02x}"));
        Some(self.folder.as_ref()?.join(name))
    }

    /// The place of a commit's image. It is this process's alone until it is dropped, so that two
    /// workloads, or two scans, don't fetch the same commit at a time. Whoever holds it is waited
    /// for as long as `patience`; then both fetch.
    pub(super) fn lock(&self, module: &ModuleRef, commit: &str, patience: Duration) -> Kept<'_> {
        let path = self.path(module, commit);
        let lock = path.as_ref().and_then(|path| {
            let file = File::create(path.with_extension("lock")).ok()?;
            let until = Instant::now() + patience;
            while file.try_lock().is_err() && Instant::now() < until {
                std::thread::sleep(Duration::from_millis(20));
            }
            Some(file)
        });
        Kept {
            cache: self,
            path,
            _lock: lock,
        }
    }

    /// Removes the files that were used least recently until the rest fits.
    fn shrink(&self, keep: &Path) {
        let entries = self.folder.as_ref().and_then(|at| fs::read_dir(at).ok());
        let mut files: Vec<(SystemTime, u64, PathBuf)> = entries
            .into_iter()
            .flatten()
            .flatten()
            .filter_map(|entry| {
                let metadata = entry.metadata().ok()?;
                Some((metadata.modified().ok()?, metadata.len(), entry.path()))
            })
            .collect();
        files.sort();
        let mut total: u64 = files.iter().map(|(_, size, _)| size).sum();
        for (_, size, path) in files {
            if total <= self.limit {
                return;
            }
            if path != keep && path.extension().is_none() && fs::remove_file(&path).is_ok() {
                // Its lock may be held by another; an empty file does no harm.
                total -= size;
            }
        }
    }
}

/// One commit's place in the cache.
pub(super) struct Kept<'a> {
    cache: &'a Cache,
    path: Option<PathBuf>,
    _lock: Option<File>,
}

impl Kept<'_> {
    /// The image, if it is kept and whole.
    pub(super) fn read(&self) -> Option<Bytes> {
        let path = self.path.as_ref()?;
        let image = read(path)?;
        if let Ok(file) = File::open(path) {
            // Its last use, for the order in which images go.
            let _ = file.set_modified(SystemTime::now());
        }
        Some(image)
    }

    /// Keeps an image. A cache that is full or read-only is no reason to fail.
    pub(super) fn write(&self, image: &Bytes) {
        let Some(path) = &self.path else { return };
        if image.len() as u64 > self.cache.limit {
            return;
        }
        if write(path, image).is_ok() {
            self.cache.shrink(path);
        }
    }
}

fn write(path: &Path, image: &Bytes) -> std::io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(MAGIC)?;
    file.write_all(&Sha256::digest(image))?;
    file.write_all(image)?;
    file.persist(path)?;
    Ok(())
}

fn read(path: &Path) -> Option<Bytes> {
    let mut bytes = Vec::new();
    File::open(path).ok()?.read_to_end(&mut bytes).ok()?;
    let bytes = Bytes::from(bytes);
    let digest = MAGIC.len()..MAGIC.len() + 32;
    if bytes.len() < digest.end || !bytes.starts_with(MAGIC) {
        return None;
    }
    let image = bytes.slice(digest.end..);
    (Sha256::digest(&image)[..] == bytes[digest]).then_some(image)
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMMIT: &str = "0123456789abcdef0123456789abcdef";

    fn module(name: &str) -> ModuleRef {
        ModuleRef::parse(&format!("buf.build/acme/{name}")).unwrap()
    }

    #[test]
    fn an_image_is_kept_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::at(Some(folder.path().to_owned()), 1 << 20);
        let image = Bytes::from_static(b"image");
        let kept = cache.lock(&module("a"), COMMIT, Duration::ZERO);
        assert!(kept.read().is_none());
        kept.write(&image);
        assert_eq!(kept.read(), Some(image));
        assert!(cache.holds(&module("a"), COMMIT));
        assert!(!cache.holds(&module("b"), COMMIT));
        drop(kept);
        let path = cache.path(&module("a"), COMMIT).unwrap();
        let mut bytes = fs::read(&path).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        fs::write(&path, bytes).unwrap();
        assert!(read(&path).is_none(), "a damaged image counts");
        fs::write(&path, MAGIC).unwrap();
        assert!(read(&path).is_none());
    }

    #[test]
    fn the_least_recently_used_go_first() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::at(Some(folder.path().to_owned()), 3_000);
        let image = Bytes::from(vec![7; 1_000]);
        for (age, name) in ["old", "used", "newer"].iter().enumerate() {
            let path = cache.path(&module(name), COMMIT).unwrap();
            write(&path, &image).unwrap();
            let age = Duration::from_secs(100 - age as u64);
            let file = File::open(path).unwrap();
            file.set_modified(SystemTime::now() - age).unwrap();
        }
        assert!(
            cache
                .lock(&module("used"), COMMIT, Duration::ZERO)
                .read()
                .is_some()
        );
        cache
            .lock(&module("new"), COMMIT, Duration::ZERO)
            .write(&image);
        let held = ["old", "used", "newer", "new"].map(|name| cache.holds(&module(name), COMMIT));
        assert_eq!(held, [false, true, false, true]);
    }

    #[test]
    fn whoever_holds_a_commit_is_waited_for_no_longer_than_asked() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::at(Some(folder.path().to_owned()), 1 << 20);
        let held = cache.lock(&module("a"), COMMIT, Duration::ZERO);
        let begun = Instant::now();
        let patience = Duration::from_millis(100);
        // Both go on, and what either of them keeps is whole.
        let second = cache.lock(&module("a"), COMMIT, patience);
        let waited = begun.elapsed();
        assert!(
            waited >= patience && waited < Duration::from_secs(10),
            "{waited:?}"
        );
        second.write(&Bytes::from_static(b"image"));
        assert!(held.read().is_some());
    }

    #[test]
    fn without_a_folder_nothing_fails() {
        let file = tempfile::NamedTempFile::new().unwrap();
        for folder in [None, Some(file.path().join("x"))] {
            let cache = Cache::at(folder, LIMIT);
            let kept = cache.lock(&module("a"), COMMIT, Duration::ZERO);
            kept.write(&Bytes::from_static(b"x"));
            assert!(kept.read().is_none());
        }
    }
}
