//! What `adopt` and `import` take over where calls fail, and where the power is cut.

/// A folder that was kept by hand, and issues of a tracker.
pub(crate) const KEPT: [(&str, &str); 5] = [
    (
        "kept/requests/REQ-20260112-0001.json",
        r#"{"request_id":"REQ-20260112-0001","origin_repo_id":"shop","target_repo_ids":["billing"],"request_type":"bug","title":"Kept","details":{"impact":"x"}}"#,
    ),
    (
        "kept/requests/OPS-7.json",
        r#"{"request_id":"OPS-7","origin_repo_id":"shop","target_repo_ids":["billing"],"request_type":"bug","title":"Other","details":{"impact":"x"}}"#,
    ),
    (
        "kept/events.jsonl",
        "{\"timestamp\":\"2026-01-12T14:00:00Z\",\"actor\":\"ben\",\"action\":\"accepted\",\"request_id\":\"REQ-20260112-0001\"}\n",
    ),
    (
        "issues.jsonl",
        "{\"id\":1,\"title\":\"A\",\"status\":\"done\",\"depends_on\":[2],\"comments\":[\"One\"]}\n{\"id\":2,\"title\":\"B\",\"status\":\"on hold\"}\n",
    ),
    ("map.json", r#"{"defaults":{"details":{"bug":{"impact":"x"}}}}"#),
];
