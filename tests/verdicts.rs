//! From pods' outcomes to verdicts: nothing compared is never green, and nothing hides anything.
#![allow(missing_docs, clippy::unwrap_used)]

use std::sync::Arc;

use protodiff::core::assemble::assemble;
use protodiff::core::change::{Change, ChangeKind, Direction, MethodReach};
use protodiff::core::compare::{Comparison, Side, Unverified};
use protodiff::core::inputs::{Compared, Gap, Inputs, PodResult};
use protodiff::core::level::{FailOn, OnUnknown, Verdict};
use protodiff::core::observation::{Reason, ReasonKind};
use protodiff::core::report::Report;
use protodiff::core::target::{Address, Target, VersionKey, WorkloadRef};

fn workload(name: &str) -> WorkloadRef {
    WorkloadRef {
        namespace: "shop".into(),
        kind: "Deployment".into(),
        name: name.into(),
    }
}

fn target(of: &str, pod: &str, template: &str) -> Target {
    Target {
        workload: workload(of),
        version: VersionKey {
            template: template.into(),
            ..VersionKey::default()
        },
        name: pod.into(),
        address: Address::Pod {
            namespace: "shop".into(),
            name: pod.into(),
            ip: None,
        },
        ports: Vec::new(),
        entry: None,
        module: None,
        service: String::new(),
    }
}

fn result(of: &str, pod: &str, outcome: Result<Comparison, Reason>) -> PodResult {
    PodResult {
        target: target(of, pod, "1"),
        module: "proto".into(),
        port: None,
        outcome: outcome.map(|comparison| Compared {
            comparison: Arc::new(comparison),
            ..Compared::default()
        }),
    }
}

fn report(pods: Vec<PodResult>) -> Report {
    assemble(Inputs {
        pods,
        ..Inputs::default()
    })
}

fn same() -> Comparison {
    Comparison {
        common: vec!["a.A".into()],
        ..Comparison::default()
    }
}

fn changed(kind: ChangeKind, direction: Direction) -> Comparison {
    let change = Change {
        kind,
        subject: "a.M.f".into(),
        server: None,
        client: Some("string f = 1".into()),
        location: None,
        methods: vec![MethodReach {
            name: "a.A/Call".into(),
            direction,
        }],
    };
    Comparison {
        changes: vec![change],
        ..same()
    }
}

fn refused() -> Reason {
    Reason::new(ReasonKind::Refused, "connection refused")
}

#[test]
fn no_workload_at_all_is_unknown() {
    let report = report(Vec::new());
    assert_eq!(report.verdict, Verdict::Unknown);
    assert_eq!(report.exit_code(OnUnknown::Fail), 3);
}

#[test]
fn equal_schemas_are_in_sync() {
    let report = report(vec![result("a", "a-1", Ok(same()))]);
    assert_eq!(
        (report.verdict, report.exit_code(OnUnknown::Fail)),
        (Verdict::Sync, 0)
    );
    assert_eq!(report.summary().services_compared, 1);
}

#[test]
fn one_pod_that_fails_is_not_hidden_by_one_that_does_not() {
    let report = report(vec![
        result("a", "a-1", Ok(same())),
        result("a", "a-2", Err(refused())),
    ]);
    assert_eq!(report.verdict, Verdict::Unknown);
    let pods: Vec<Verdict> = report.workloads[0].versions[0]
        .pods
        .iter()
        .map(|pod| pod.verdict)
        .collect();
    assert_eq!(pods, [Verdict::Sync, Verdict::Unknown]);
    assert_eq!(report.summary().unknown, 1);
}

#[test]
fn a_mismatch_outweighs_what_could_not_be_verified() {
    let drift = changed(ChangeKind::FieldMissing, Direction::Request);
    let report = report(vec![
        result("a", "a-1", Ok(drift)),
        result("b", "b-1", Err(refused())),
    ]);
    assert_eq!(
        (report.verdict, report.exit_code(OnUnknown::Ignore)),
        (Verdict::Mismatch, 1)
    );
    assert_eq!(report.workloads[1].verdict, Verdict::Unknown);
}

#[test]
fn nothing_in_common_is_unknown() {
    let apart = Comparison {
        server_only: vec!["b.B".into()],
        client_only: vec!["a.A".into()],
        ..Comparison::default()
    };
    let report = report(vec![result("a", "a-1", Ok(apart))]);
    assert_eq!(report.verdict, Verdict::Unknown);
    assert_eq!(
        report.workloads[0].reason().unwrap().kind,
        ReasonKind::NothingInCommon
    );
}

#[test]
fn a_health_check_in_common_verifies_nothing() {
    let health = || vec!["grpc.health.v1.Health".to_owned()];
    let only_health = Comparison {
        common: health(),
        client_only: vec!["a.A".into()],
        ..Comparison::default()
    };
    assert_eq!(
        report(vec![result("a", "a-1", Ok(only_health))]).verdict,
        Verdict::Unknown
    );
    // Unless the truth is nothing else.
    let health_module = Comparison {
        common: health(),
        ..Comparison::default()
    };
    assert_eq!(
        report(vec![result("a", "a-1", Ok(health_module))]).verdict,
        Verdict::Sync
    );
}

#[test]
fn a_type_that_one_side_lacks_is_unknown() {
    for (side, kind) in [
        (Side::Server, ReasonKind::Unresolved),
        (Side::Client, ReasonKind::Truth),
    ] {
        let missing = Unverified {
            side,
            type_name: "a.Gone".into(),
        };
        let report = report(vec![result(
            "a",
            "a-1",
            Ok(Comparison {
                unverified: [missing].into(),
                ..same()
            }),
        )]);
        assert_eq!(report.verdict, Verdict::Unknown);
        assert_eq!(report.workloads[0].reason().unwrap().kind, kind);
    }
}

#[test]
fn the_level_follows_the_direction() {
    for (kind, direction, verdict) in [
        (
            ChangeKind::EnumValueMissing,
            Direction::Request,
            Verdict::Mismatch,
        ),
        (
            ChangeKind::EnumValueMissing,
            Direction::Response,
            Verdict::Sync,
        ),
        (
            ChangeKind::EnumValueMissing,
            Direction::Both,
            Verdict::Mismatch,
        ),
        (
            ChangeKind::FieldUndocumented,
            Direction::Both,
            Verdict::Sync,
        ),
    ] {
        let report = report(vec![result("a", "a-1", Ok(changed(kind, direction)))]);
        assert_eq!(report.verdict, verdict, "{kind:?} {direction:?}");
        assert_eq!(report.findings.len(), 1);
    }
}

#[test]
fn the_threshold_moves_the_verdict_and_not_the_findings() {
    for (fail_on, verdict) in [
        (FailOn::Breaking, Verdict::Sync),
        (FailOn::Drift, Verdict::Mismatch),
        (FailOn::Info, Verdict::Mismatch),
        (FailOn::Never, Verdict::Sync),
    ] {
        let pods = vec![result(
            "a",
            "a-1",
            Ok(changed(ChangeKind::FieldMissing, Direction::Request)),
        )];
        let report = assemble(Inputs {
            pods,
            fail_on,
            ..Inputs::default()
        });
        assert_eq!(
            (report.verdict, report.findings.len()),
            (verdict, 1),
            "{fail_on:?}"
        );
    }
}

#[test]
fn a_service_on_one_side_only_never_fails() {
    let comparison = Comparison {
        server_only: vec!["b.B".into()],
        client_only: vec!["c.C".into()],
        ..same()
    };
    let pods = vec![result("a", "a-1", Ok(comparison))];
    let report = assemble(Inputs {
        pods,
        fail_on: FailOn::Info,
        ..Inputs::default()
    });
    assert_eq!(report.verdict, Verdict::Sync);
    let rules: Vec<&str> = report
        .findings
        .iter()
        .map(|found| found.finding.rule)
        .collect();
    assert_eq!(rules, ["service-undocumented", "service-missing"]);
}

#[test]
fn a_service_that_another_workload_serves_is_not_missing() {
    let serves = |mine: &str, others: &str| Comparison {
        common: vec![mine.into()],
        client_only: vec![others.into()],
        ..Comparison::default()
    };
    let report = report(vec![
        result("a", "a-1", Ok(serves("x.A", "x.B"))),
        result("b", "b-1", Ok(serves("x.B", "x.A"))),
    ]);
    assert_eq!((report.verdict, report.findings.len()), (Verdict::Sync, 0));
}

#[test]
fn an_expected_service_that_is_not_served_is_a_mismatch() {
    let mut pod = result("a", "a-1", Ok(same()));
    if let Ok(compared) = &mut pod.outcome {
        compared.expect = vec!["a.A".into(), "a.Gone".into()];
    }
    let report = report(vec![pod]);
    assert_eq!(report.verdict, Verdict::Mismatch);
    assert_eq!(report.findings[0].finding.subject, "a.Gone");
}

#[test]
fn one_cause_in_many_pods_is_one_finding() {
    let drift = || Ok(changed(ChangeKind::FieldMissing, Direction::Request));
    let report = report(vec![
        result("a", "a-1", drift()),
        result("a", "a-2", drift()),
        result("b", "b-1", drift()),
    ]);
    assert_eq!(report.findings.len(), 1);
    assert_eq!(report.findings[0].pods, 3);
    assert_eq!(
        report.findings[0].workloads,
        ["shop/Deployment/a", "shop/Deployment/b"]
    );
}

#[test]
fn an_unfinished_rollout_is_said_beside_the_pods() {
    let gap = Gap {
        workload: workload("a"),
        module: "proto".into(),
        reason: Reason::new(ReasonKind::Rollout, "1 of 3"),
    };
    let inputs = Inputs {
        pods: vec![result("a", "a-1", Ok(same()))],
        gaps: vec![gap],
        ..Inputs::default()
    };
    let report = assemble(inputs);
    assert_eq!(
        (report.verdict, report.workloads.len()),
        (Verdict::Unknown, 1)
    );
    assert_eq!(
        report.workloads[0].reason().unwrap().kind,
        ReasonKind::Rollout
    );
    assert!(protodiff::render::text::render(&report).contains("1 of 3"));
    assert!(
        protodiff::render::markdown::render(
            &report,
            &protodiff::render::markdown::Style::default()
        )
        .unwrap()
        .contains("1 of 3")
    );
}
