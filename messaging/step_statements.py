"""The statements of `steps`, in plain SQL: what varies between databases, and between steps, stands in braces."""

CLAIM = """
UPDATE messaging_transaction SET status = 'sending', lease_token = %s, lease_until = %s, attempt_no = attempt_no + 1,
  updated_at = %s
WHERE id {among} AND status IN ('queued', 'scheduled') AND lease_token IS NULL RETURNING {columns}
"""
BEGIN = """
INSERT INTO messaging_sendattempt
  (transaction_id, number, sender_id, phase, outcome, provider_ref, code, text, answer, started_at)
SELECT id, attempt_no, sender_id, 'claimed', '', '', '', '', '', %s FROM messaging_transaction WHERE id {among}
RETURNING id, transaction_id, number, sender_id
"""
# What may go at once: the ordinary case. {asked} holds each transaction with the lease it was claimed under.
LOOK = """
SELECT looked.*, status = 'sending' AND NOT (held OR paused OR opted_out) AS goes FROM (
  SELECT leased.id, attempt_no, leased.status, held, sender.paused_at IS NOT NULL OR account.paused_at IS NOT NULL
      OR EXISTS (SELECT 1 FROM messaging_sendingpause WHERE resumed_at IS NULL) AS paused,
    sender.config_faults + account.config_faults AS faults,
    EXISTS (SELECT 1 FROM messaging_optout WHERE number = recipient AND lifted_at IS NULL) AS opted_out, {now} AS moment
  FROM messaging_transaction AS leased
    JOIN ({asked}) AS asked ON asked.subject = leased.id AND asked.token = lease_token
    JOIN messaging_sender AS sender ON sender.id = leased.sender_id
    JOIN messaging_provideraccount AS account ON account.id = sender.account_id
  WHERE leased.id {among} AND lease_until > {until} ORDER BY leased.id {lock}
) AS looked
"""
LOOKED = "id, status, held, paused, faults, opted_out, goes, moment"
WIRED = """
UPDATE messaging_sendattempt SET phase = 'wire', wire_at = {moment}{source}
WHERE transaction_id {among} AND phase = 'claimed'{only}
"""
ENTERED = """
INSERT INTO messaging_timelineentry
  (transaction_id, at, received_at, source, kind, state, via, code, text, data, dedupe_key)
SELECT id, {moment}, {moment}, 'portal', '{state}', '{state}', '', '', '', {data},
  '{state}:' || CAST(attempt_no AS text)
FROM {source} ON CONFLICT DO NOTHING
"""
ACCEPTED = """
UPDATE messaging_transaction AS sent
SET status = 'accepted', provider_ref = told.reference, receipt_deadline = told.deadline, lease_token = NULL,
  lease_until = NULL, next_attempt_at = NULL, reason_code = '', reason_text = '', updated_at = {now}
FROM {told}
WHERE sent.id {among} AND sent.id = told.subject AND sent.lease_token = told.token AND sent.status = 'sending'
RETURNING {of}id, {of}attempt_no, {of}provider_ref, {of}news, {of}updated_at
"""
# On PostgreSQL each step is one statement, and a commit by itself: what goes back and forth costs more than it does.
MARKED = """
WITH looked AS ({looked}), wired AS ({wired}), entered AS ({entered}) SELECT {columns} FROM looked
"""
SETTLED = """
WITH told AS ({told}), locked AS (SELECT id AS ours FROM messaging_transaction WHERE id {among} ORDER BY id FOR UPDATE),
  settled AS ({accepted}), entered AS ({entered}), tried AS (
    UPDATE messaging_sendattempt AS tried SET phase = 'done', finished_at = settled.updated_at, {written}
    FROM told JOIN settled ON settled.id = told.subject WHERE tried.id {among} AND tried.id = told.attempt)
SELECT id, news, updated_at FROM settled
"""
