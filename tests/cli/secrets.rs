//! Text that holds a credential is refused, since it could never be erased; `--allow-secret` writes it, on record.

use crate::common::Sandbox;
use crate::transcript;

/// Made up; of the forms that their makers document.
const TOKEN: &str = "ghp_A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8";
const KEY: &str = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtz\n-----END OPENSSH PRIVATE KEY-----";

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::with_bug();
    std::fs::write(sandbox.root().join("key"), KEY).unwrap();
    std::fs::write(sandbox.root().join("token"), TOKEN).unwrap();
    sandbox
}

#[test]
fn a_note_with_a_token_is_refused_and_names_no_secret() {
    transcript!(sandbox(), @r#"
    $ ledger note 1 --text @token
    ! error: a token of GitHub in the text: nothing here can be erased
    !   /data/text: a token of GitHub, in line 1
    ! hint: keep it where it can be revoked, and name the place; --allow-secret writes it all the same, on record
    [exit 5]
    $ ledger note 1 --text @key --json
    ! {
    !   "v": 1,
    !   "error": {
    !     "code": "secret", "message": "a private key in the text: nothing here can be erased",
    !     "hint": "keep it where it can be revoked, and name the place; --allow-secret writes it all the same, on record",
    !     "retryable": false, "exit_status": 5,
    !     "errors": [{"pointer": "/data/text", "message": "a private key, in line 1"}]
    !   }
    ! }
    [exit 5]
    $ ledger note 1 --text @token --dry-run
    ! error: a token of GitHub in the text: nothing here can be erased
    !   /data/text: a token of GitHub, in line 1
    ! hint: keep it where it can be revoked, and name the place; --allow-secret writes it all the same, on record
    [exit 5]
    $ ledger log 1
    YYYY-MM-DD hh:mm:ssZ  v1  alice  created, PROPOSED
    "#);
}

#[test]
fn what_is_allowed_is_recorded_by_kind() {
    transcript!(sandbox(), @r#"
    $ ledger note 1 --text @token --allow-secret --key n
    REQ-YYYYMMDD-0001  YYYY-MM-DD hh:mm:ssZ  v2  alice  note: ghp_A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8
      next, for billing: ledger transition REQ-YYYYMMDD-0001 ACCEPTED
    $ ledger note 1 --text @token --key n
    REQ-YYYYMMDD-0001  YYYY-MM-DD hh:mm:ssZ  v2  alice  note: ghp_A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8 (written before with this key)
      next, for billing: ledger transition REQ-YYYYMMDD-0001 ACCEPTED
    $ ledger note 1 --text 'Nothing in it' --allow-secret
    REQ-YYYYMMDD-0001  YYYY-MM-DD hh:mm:ssZ  v3  alice  note: Nothing in it
      next, for billing: ledger transition REQ-YYYYMMDD-0001 ACCEPTED
    $ grep -o '"allowed_secrets":[^]]*]' coordination/events/*.jsonl
    "allowed_secrets":["github-token"]
    $ ledger verify
    ok: 1 request, 3 events verified
    "#);
}

#[test]
fn every_field_of_every_command_is_looked_at() {
    let sandbox = sandbox();
    sandbox.run("echo '{\"type\":\"integer\"}' > a.json; ledger contract add a a.json --owner billing");
    let before =
        sandbox.shell("cat coordination/events/* coordination/requests/* schemas/contracts/a/events.jsonl").stdout;
    let new = "ledger new --title T --from a --to b --type bug";
    let packet = |member: &str| {
        format!(
            "(printf '{{\"title\":\"T\",\"origin_repo_id\":\"a\",\"target_repo_ids\":[\"b\"],\"request_type\":\"bug\",{member}}}' \
             \"$(cat token)\") | ledger new --packet -"
        )
    };
    let apply = |operation: &str| format!("printf '{operation}\\n' \"$(cat token)\" | ledger apply -");
    for line in [
        format!("{new} --set details.impact=x --description @token"),
        format!("{new} --set details.impact=x --description @key"),
        format!("{new} --set \"details.impact=see $(cat token)\""),
        format!("{new} --set details.impact=x --set \"details.a.b=[1,\\\"$(cat token)\\\"]\""),
        format!("{new} --set details.impact=x --set \"details.$(cat token)=1\""),
        format!("{new} --set details.impact=x --label \"$(cat token)\""),
        format!("{new} --set details.impact=x --success \"$(cat token)\""),
        format!("{new} --set details.impact=x --key \"$(cat token)\""),
        format!("{new} --set details.impact=x --actor \"$(cat token)\""),
        format!("{new} --set details.impact=x --title \"T $(cat token)\" --dry-run").replace("--title T --from", "--from"),
        packet("\"details\":{\"impact\":\"x\"},\"routing\":{\"to\":[\"%s\"]}"),
        packet("\"details\":{\"impact\":\"x\"},\"timeout_budget\":\"%s\""),
        packet("\"details\":{\"impact\":\"x\"},\"compatibility_constraints\":[\"%s\"]"),
        packet("\"details\":{\"impact\":\"x\"},\"required_artifacts\":[\"%s\"]"),
        "ledger note 1 --text @key".to_owned(),
        "ledger note 1 --text x --kind \"$(cat token)\"".to_owned(),
        "ledger note 1 --text x --key \"$(cat token)\"".to_owned(),
        "ledger note 1 --text x --actor \"$(cat token)\"".to_owned(),
        "ledger evidence 1 \"url=https://bob:hunter2hunter2@ci.acme.test/run/1\"".to_owned(),
        "ledger evidence 1 \"note=$(cat key)\"".to_owned(),
        "ledger respond 1 --repo billing --status accepted --summary @token".to_owned(),
        "ledger respond 1 --repo billing --status accepted --branch \"$(cat token)\"".to_owned(),
        "ledger approve 1 --as sponsor --reason @token".to_owned(),
        "ledger transition 1 accepted --reason @token".to_owned(),
        "ledger transition 1 accepted --set \"details.more=$(cat token)\"".to_owned(),
        "ledger transition 1 accepted --evidence \"ci=$(cat token)\"".to_owned(),
        apply("{\"op\":\"note\",\"request\":\"1\",\"text\":\"%s\"}"),
        apply("{\"op\":\"evidence\",\"request\":\"1\",\"evidence\":[{\"kind\":\"ci\",\"value\":\"%s\"}]}"),
        apply("{\"op\":\"transition\",\"request\":\"1\",\"to\":\"ACCEPTED\",\"reason\":\"%s\"}"),
        apply("{\"op\":\"new\",\"title\":\"%s\",\"origin_repo_id\":\"a\",\"target_repo_ids\":[\"b\"],\"request_type\":\"bug\",\"details\":{\"impact\":\"x\"}}"),
        "(printf '{\"examples\":[\"%s\"]}' \"$(cat token)\") | ledger contract add b -".to_owned(),
        "mkdir -p many; (printf '{\"description\":\"%s\"}' \"$(cat token)\") > many/c_v1.json; ledger contract import many".to_owned(),
        "(printf '{\"default\":\"%s\"}' \"$(cat token)\") > needs.json; ledger contract pin a@1 --consumer shop --needs needs.json".to_owned(),
        "ledger contract mode a FULL --key \"$(cat token)\"".to_owned(),
        "ledger checkpoint --origin glpat-A1b2C3d4E5f6G7h8I9j0".to_owned(),
        "mkdir -p other; ledger init --root other --name \"$(cat token)\"".to_owned(),
        // A key begins with dashes, and is taken for what it is all the same.
        "ledger note 1 --text \"$(cat key)\"".to_owned(),
    ] {
        let output = sandbox.shell(&line);
        let told = String::from_utf8(output.stderr).unwrap() + &String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(5), "$ {line}\n{told}");
        assert!(told.contains("nothing here can be erased"), "$ {line}\n{told}");
        assert!(!told.contains(&TOKEN[4..]) && !told.contains("b3BlbnNzaC1") && !told.contains("hunter2"), "{told}");
        let after = sandbox.shell("cat coordination/events/* coordination/requests/* schemas/contracts/a/events.jsonl");
        assert!(after.stdout == before, "$ {line}\nsomething was written");
    }
    assert!(
        !sandbox.root().join("schemas/contracts/b").exists() && !sandbox.root().join("schemas/contracts/c").exists()
    );
}

#[test]
fn allowed_everywhere() {
    transcript!(sandbox(), @r#"
    $ ledger new --title T --from a --to b --type bug --set details.impact=x --description @key --allow-secret -q
    REQ-YYYYMMDD-0002
    $ (printf '{"op":"note","request":"1","text":"%s"}\n' "$(cat token)") | ledger apply - --allow-secret
    {
      "v": 1,
      "data": {"line": 1, "id": "REQ-YYYYMMDD-0001", "version": 2, "state": "PROPOSED", "deduplicated": false}
    }
    $ (printf '{"examples":["%s"]}' "$(cat token)") | ledger contract add b - --allow-secret -q
    b@1
    $ cat coordination/events/* schemas/contracts/b/events.jsonl | grep -o '"type":"[A-Z_]*"\|"allowed_secrets":[^]]*]'
    "type":"REQUEST_CREATED"
    "type":"NOTED"
    "allowed_secrets":["github-token"]
    "type":"REQUEST_CREATED"
    "allowed_secrets":["private-key"]
    "type":"REGISTERED"
    "allowed_secrets":["github-token"]
    $ ledger verify
    ok: 2 requests, 1 contract, 4 events verified
    "#);
}

#[test]
fn what_is_refused_for_another_reason_names_no_secret_either() {
    let sandbox = sandbox();
    for command in [
        format!("ledger evidence 1 {TOKEN}=x"),
        format!("ledger evidence 1 {TOKEN}=x --json"),
        format!("ledger new --title x --from a --to b --type bug --priority {TOKEN}"),
        format!("ledger new --title x --from a --to b --type bug --depends-on {TOKEN}"),
        format!("ledger show {TOKEN} --json"),
        format!("ledger {TOKEN}"),
        format!(
            "echo '{{\"op\":\"evidence\",\"request\":\"1\",\"kind\":\"{TOKEN}\",\"value\":\"x\"}}' | ledger apply -"
        ),
    ] {
        let ended = sandbox.shell(&command);
        let told = [ended.stdout, ended.stderr].concat();
        assert_ne!(ended.status.code(), Some(0), "{command}");
        assert!(!String::from_utf8_lossy(&told).contains(TOKEN), "{command}: {}", String::from_utf8_lossy(&told));
    }
}
