//! What one pod's comparison means: its findings, and why it is nevertheless not verified.

use std::collections::BTreeSet;

use crate::core::change::ChangeKind;
use crate::core::compare::{Comparison, Side};
use crate::core::inputs::Compared;
use crate::core::judge::{self, Finding};
use crate::core::observation::{Reason, ReasonKind};
use crate::core::perspective::Perspective;

/// Services that servers carry for their own operation; that a truth lacks them says nothing.
const INFRASTRUCTURE: [&str; 3] = ["grpc.health.", "grpc.channelz.", "grpc.reflection."];

/// Services that do not resolve, named one by one; the rest is counted.
const MAX_UNRESOLVED: usize = 10;

/// Everything that one pod's comparison gives, judged: with its truth, or with the baseline.
/// `served` has the services that any pod of the same truth serves.
pub(super) fn findings_of(
    compared: &Compared,
    comparison: &Comparison,
    served: &BTreeSet<String>,
    perspective: Perspective,
) -> Vec<Finding> {
    let mut findings: Vec<Finding> = comparison
        .changes
        .iter()
        .map(|change| judge::judge(change, perspective))
        .collect();
    // A service that is listed and does not resolve is served; what it looks like is unknown.
    let unresolved = |name: &String| compared.unresolved.iter().any(|(listed, _)| listed == name);
    let expected: Vec<&String> = compared
        .expect
        .iter()
        .filter(|name| !comparison.common.contains(name) && !comparison.server_only.contains(name))
        .filter(|name| !unresolved(name))
        .collect();
    findings.extend(
        expected
            .iter()
            .map(|name| judge::judge_expected(name, comparison.location_of(name), perspective)),
    );
    if !verifies_something(comparison) {
        return findings;
    }
    for name in comparison.client_only.iter().filter(|name| {
        !infrastructure(name)
            && !served.contains(*name)
            && !expected.contains(name)
            && !unresolved(name)
    }) {
        findings.push(judge::judge(
            &judge::whole_service(
                ChangeKind::ServiceMissing,
                name,
                comparison.location_of(name),
            ),
            perspective,
        ));
    }
    for name in &comparison.server_only {
        if !infrastructure(name) {
            findings.push(judge::judge(
                &judge::whole_service(ChangeKind::ServiceUndocumented, name, None),
                perspective,
            ));
        }
    }
    findings
}

/// Whether a service was compared that says something: that both sides carry the same health check
/// does not, where the truth has services of its own.
fn verifies_something(comparison: &Comparison) -> bool {
    comparison.common.iter().any(|name| !infrastructure(name))
        || (!comparison.common.is_empty()
            && comparison
                .client_only
                .iter()
                .all(|name| infrastructure(name)))
}

fn infrastructure(service: &str) -> bool {
    INFRASTRUCTURE
        .iter()
        .any(|prefix| service.starts_with(prefix))
}

/// Why a pod that answered is nevertheless not verified as a whole.
pub(super) fn unverified(compared: &Compared, perspective: Perspective) -> Vec<Reason> {
    let comparison = &compared.comparison;
    let mut reasons = Vec::new();
    for (service, words) in compared.unresolved.iter().take(MAX_UNRESOLVED) {
        reasons.push(
            Reason::new(ReasonKind::Unresolved, format!("service `{service}` is listed and does not resolve: {words}"))
                .with_hint("The server registered the service without its descriptors; register reflection with the same registry that holds the generated code."),
        );
    }
    let more = compared.unresolved.len().saturating_sub(MAX_UNRESOLVED);
    if more > 0 {
        reasons.push(Reason::new(
            ReasonKind::Unresolved,
            format!("{more} more listed services do not resolve"),
        ));
    }
    if !verifies_something(comparison) && compared.unresolved.is_empty() {
        reasons.push(nothing_in_common(comparison, perspective));
    }
    if comparison.omitted > 0 {
        reasons.push(
            Reason::new(
                ReasonKind::TooLarge,
                format!("{} more differences were not judged", comparison.omitted),
            )
            .with_hint("The two schemas are hardly versions of each other: check which module is compared with which workload."),
        );
    }
    let (live, truth) = perspective.swap(Side::Server, Side::Client);
    for side in [live, truth] {
        let names: Vec<String> = comparison
            .unverified
            .iter()
            .filter(|missing| missing.side == side)
            .map(|missing| format!("`{}`", missing.type_name))
            .collect();
        if names.is_empty() {
            continue;
        }
        let (kind, whose, hint) = if side == live {
            (
                ReasonKind::Unresolved,
                "the server's descriptors",
                "The server could not give the files that declare them; register them with its reflection service.",
            )
        } else {
            (
                ReasonKind::Truth,
                "the truth's descriptors",
                "Make the descriptor set with its imports: `buf build -o FILE`, or `protoc --include_imports`.",
            )
        };
        let shown = names.iter().take(3).cloned().collect::<Vec<_>>().join(", ");
        let more = names.len().saturating_sub(3);
        let more = if more > 0 {
            format!(" and {more} more")
        } else {
            String::new()
        };
        reasons.push(Reason::new(kind, format!("{whose} lack {shown}{more}")).with_hint(hint));
    }
    reasons
}

fn nothing_in_common(comparison: &Comparison, perspective: Perspective) -> Reason {
    let (live_only, truth_only) =
        perspective.swap(&comparison.server_only, &comparison.client_only);
    let list = |names: &[String]| match names {
        [] => "none".to_owned(),
        names => {
            let more = if names.len() > 3 {
                format!(" and {} more", names.len() - 3)
            } else {
                String::new()
            };
            format!(
                "{}{more}",
                names.iter().take(3).cloned().collect::<Vec<_>>().join(", ")
            )
        }
    };
    Reason::new(
        ReasonKind::NothingInCommon,
        format!(
            "no service in common: live has {}; truth has {}",
            list(live_only),
            list(truth_only)
        ),
    )
    .with_hint("Compare it with the module that its services are in (`module` of a workload in .protodiff.yaml), or narrow the selection.")
}
