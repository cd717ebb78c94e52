//! Whether this runs in a container, and in which; and the mistake that follows from it most often:
//! a kubeconfig for the machine around the container.
//!
//! [`id_candidates`] is for finding oneself in a docker engine, [`explain_loopback`] for a
//! kubeconfig whose API server is on a loopback address.

use std::path::Path;
use std::time::Duration;

use http::Uri;
use tokio::net::TcpStream;

use super::errors::{ClusterError, ClusterErrorKind};

/// A listener on loopback answers, or refuses, at once.
const LOOPBACK: Duration = Duration::from_secs(2);

/// Names under which a docker engine may know the container that this runs in, best first: empty
/// outside of one.
pub(super) fn id_candidates() -> Vec<String> {
    let mounts = std::fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    let id = id_in_mounts(&mounts);
    if id.is_none() && !inside() {
        return Vec::new();
    }
    // By default an engine gives a container its short id as host name.
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let host = host.trim();
    let usable = !host.is_empty()
        && host
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
    id.into_iter()
        .chain(usable.then(|| host.to_owned()))
        .collect()
}

/// The id in the paths of files that an engine mounts into its containers, such as
/// `/var/lib/docker/containers/ID/hostname`. The paths of control groups mislead.
fn id_in_mounts(mountinfo: &str) -> Option<String> {
    mountinfo.lines().find_map(|line| {
        // Field 4 is the path inside the file system that is mounted, field 5 where.
        let mut fields = line.split(' ').skip(3);
        let (source, target) = (fields.next()?, fields.next()?);
        if !matches!(target, "/etc/hostname" | "/etc/hosts" | "/etc/resolv.conf") {
            return None;
        }
        let (_, rest) = source.rsplit_once("/containers/")?;
        let id = rest.split('/').next()?;
        (id.len() == 64 && id.bytes().all(|b| b.is_ascii_hexdigit())).then(|| id.to_owned())
    })
}

/// Whether this runs in a container.
fn inside() -> bool {
    let mounts = std::fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    let marked = |path: &str| Path::new(path).exists();
    id_in_mounts(&mounts).is_some()
        || marked("/run/.containerenv")
        || std::env::var_os("KUBERNETES_SERVICE_HOST").is_some()
        // A virtual machine made from an image has this file too, and a disk as its root.
        || (marked("/.dockerenv") && root_is_layered(&mounts))
}

fn root_is_layered(mountinfo: &str) -> bool {
    mountinfo.lines().any(|line| {
        let (mount, kind) = line.split_once(" - ").unwrap_or_default();
        mount.split(' ').nth(4) == Some("/")
            && kind.split(' ').next().unwrap_or("").contains("overlay")
    })
}

/// An API server on loopback that refuses the connection, seen from inside a container: that is
/// never where the cluster is. Says nothing where loopback can work, as on the host's network.
pub(super) async fn explain_loopback(server: &Uri, origin: &str) -> Result<(), ClusterError> {
    let Some(host) = server.host().filter(|host| is_loopback(host)) else {
        return Ok(());
    };
    if !inside() {
        return Ok(());
    }
    let port = server.port_u16().unwrap_or(443);
    let dialled = TcpStream::connect((host.trim_matches(['[', ']']), port));
    match tokio::time::timeout(LOOPBACK, dialled).await {
        Ok(Err(error)) if error.kind() == std::io::ErrorKind::ConnectionRefused => {
            Err(refused(server, origin))
        }
        _ => Ok(()),
    }
}

fn refused(server: &Uri, origin: &str) -> ClusterError {
    let shown = server.to_string();
    ClusterError::new(
        ClusterErrorKind::Config,
        format!("kubeconfig {origin}"),
        format!(
            "its API server is {}, and nothing listens there: this runs in a container, whose loopback is its own and not that of the machine around it",
            shown.trim_end_matches('/')
        ),
        "for a kind cluster on this machine, name it: `kind: NAME` in the action's inputs, or --kind NAME (takes the docker socket)\n\
         in a workflow, the action's variant `host` runs on the runner itself, where loopback works\n\
         else use a kubeconfig whose `server` the container can reach; `docker run` also has `--network host`",
    )
}

fn is_loopback(host: &str) -> bool {
    let bare = host.trim_matches(['[', ']']);
    bare.eq_ignore_ascii_case("localhost")
        || bare
            .parse::<std::net::IpAddr>()
            .is_ok_and(|ip| ip.to_canonical().is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    #[test]
    fn the_own_id_is_read_off_the_mounts_of_the_engine() {
        let of = |source: &str, target: &str| {
            id_in_mounts(&format!(
                "22 1 0:5 / / rw - overlay overlay rw\n640 630 8:1 {source} {target} rw,relatime - ext4 /dev/sda1 rw\n"
            ))
        };
        let path = format!("/var/lib/docker/containers/{ID}/hostname");
        assert_eq!(of(&path, "/etc/hostname").as_deref(), Some(ID));
        let moved = format!("/srv/containers/docker/containers/{ID}/hosts");
        assert_eq!(of(&moved, "/etc/hosts").as_deref(), Some(ID));
        let podman = format!("/containers/storage/overlay-containers/{ID}/userdata/hosts");
        assert_eq!(of(&podman, "/etc/hosts"), None);
        // A folder of the engine that somebody mounts, and no id.
        assert_eq!(of(&path, "/mnt/x"), None);
        assert_eq!(of("/containers/short/hostname", "/etc/hostname"), None);
        assert_eq!(id_in_mounts("nonsense"), None);
    }

    #[test]
    fn a_layered_root_is_a_containers() {
        assert!(root_is_layered("22 1 0:5 / / rw - overlay overlay rw"));
        assert!(!root_is_layered(
            "27 1 254:0 / / rw - ext4 /dev/vda rw\n30 27 0:5 / /x rw - overlay o rw"
        ));
    }

    #[test]
    fn loopback_has_many_names() {
        for host in [
            "127.0.0.1",
            "127.9.9.9",
            "[::1]",
            "localhost",
            "LocalHost",
            "[::ffff:127.0.0.1]",
        ] {
            assert!(is_loopback(host), "{host}");
        }
        for host in [
            "10.0.0.1",
            "localhost.example.com",
            "[::2]",
            "kind-control-plane",
        ] {
            assert!(!is_loopback(host), "{host}");
        }
    }

    #[test]
    fn the_remedies_are_named() {
        let error = refused(&Uri::from_static("https://127.0.0.1:6443/"), "FILE");
        assert_eq!(error.kind, ClusterErrorKind::Config);
        let text = error.to_string();
        for part in [
            "FILE",
            "https://127.0.0.1:6443,",
            "kind: NAME",
            "host",
            "server",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }
}
