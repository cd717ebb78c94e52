//! The administrator's kubeconfig, out of a node.

use std::io::Read as _;

use bytes::Bytes;
use kube::config::Kubeconfig;

use super::engine::Engine;
use super::node::Node;
use crate::kubernetes::errors::{ClusterError, ClusterErrorKind};

/// Where kubeadm writes it.
const PATH: &str = "/etc/kubernetes/admin.conf";

/// It has some 6 KB.
const LARGEST: u64 = 1 << 20;

/// Reads it.
pub(super) async fn kubeconfig(engine: &Engine, node: &Node) -> Result<Kubeconfig, ClusterError> {
    let wrong = |cause: String| {
        ClusterError::new(
            ClusterErrorKind::Other,
            format!("kind node {}", node.name),
            cause,
            "is the cluster ready? `kind create cluster --wait 5m` waits for it; else name a kubeconfig",
        )
    };
    let path = format!("/containers/{}/archive?path={PATH}", node.id);
    let archive = match engine.download(&path).await {
        Ok(archive) => archive,
        Err(error) if error.status() == Some(404) => {
            return Err(wrong(format!("it has no {PATH} yet")));
        }
        Err(error) => return Err(wrong(format!("{PATH} cannot be read: {error}"))),
    };
    let text = unpack(&archive).map_err(|cause| wrong(format!("{PATH} {cause}")))?;
    // The parser's own words quote the file, keys included.
    Kubeconfig::from_yaml(&text).map_err(|_| wrong(format!("{PATH} is no kubeconfig")))
}

/// The text of the one file in an archive.
fn unpack(archive: &Bytes) -> Result<String, String> {
    let unreadable = |error: std::io::Error| format!("came in an unreadable archive: {error}");
    let mut archive = tar::Archive::new(archive.as_ref());
    let file = archive
        .entries()
        .map_err(unreadable)?
        .next()
        .ok_or("came in an empty archive")?
        .map_err(unreadable)?;
    if !file.header().entry_type().is_file() {
        return Err("is no file".to_owned());
    }
    let size = file.size();
    if size > LARGEST {
        return Err(format!("has {size} bytes: too large"));
    }
    let mut text = String::new();
    file.take(LARGEST)
        .read_to_string(&mut text)
        .map_err(unreadable)?;
    if text.len() as u64 != size {
        return Err("came cut off".to_owned());
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn archive(kind: tar::EntryType, size: u64, content: &[u8]) -> Bytes {
        let mut header = tar::Header::new_gnu();
        header.set_path("admin.conf").unwrap();
        header.set_entry_type(kind);
        header.set_size(size);
        header.set_cksum();
        let mut builder = tar::Builder::new(Vec::new());
        builder.append(&header, content).unwrap();
        builder.into_inner().unwrap().into()
    }

    #[test]
    fn one_small_file_is_unpacked_and_nothing_else() {
        let file = archive(tar::EntryType::Regular, 2, b"ab");
        assert_eq!(unpack(&file).unwrap(), "ab");
        let link = archive(tar::EntryType::Symlink, 0, b"");
        assert_eq!(unpack(&link).unwrap_err(), "is no file");
        let large = archive(tar::EntryType::Regular, LARGEST + 1, b"ab");
        assert!(unpack(&large).unwrap_err().contains("too large"));
        assert!(unpack(&Bytes::new()).unwrap_err().contains("empty"));
        assert!(unpack(&Bytes::from_static(&[b'x'; 700])).is_err());
        // Cut off in the middle, as when a node goes away.
        let cut = archive(tar::EntryType::Regular, 900, &[b'a'; 900]).slice(..800);
        assert!(unpack(&cut).is_err());
    }
}
