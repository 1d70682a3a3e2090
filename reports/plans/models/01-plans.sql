-- What was planned, and what scripts said of their runs. A result is a claim; outcomes look at the state. The same
-- result file comes back with every scan: the last reading of it counts.
CREATE OR REPLACE TABLE plans AS
SELECT
  host_id, plan, recorded_at AS planned_at, simulated_at, as_of, expires_at, ecosystem, machine_id, os_id, os_version, head,
  download_bytes, installed_bytes, script_sha256, collector, sequence,
  lead(recorded_at) OVER (PARTITION BY host_id ORDER BY recorded_at, collector, sequence) AS replaced_at
FROM planned_plans
ORDER BY host_id, planned_at;

CREATE OR REPLACE TABLE plan_changes AS
SELECT host_id, plan, package, architecture, old_version, new_version, wanted, newer_origin FROM planned_plan_changes
ORDER BY host_id, plan, package, architecture;

CREATE OR REPLACE TABLE plan_fixes AS
SELECT host_id, plan, fix_id, source, names, approval, approver, approved_when, ticket, ring, allows_newer FROM planned_plan_fixes
ORDER BY host_id, plan, fix_id;

CREATE OR REPLACE TABLE plan_left_alone AS
SELECT host_id, plan, package, architecture, installed_version, reason FROM planned_plan_left_alone
ORDER BY host_id, plan, package, architecture;

-- Of the last planning that spoke of the host.
CREATE OR REPLACE TABLE plan_omissions AS
SELECT host_id, fix_id, reason, detail, recorded_at AS planned_at FROM planned_plan_omissions
QUALIFY rank() OVER (PARTITION BY host_id ORDER BY recorded_at DESC, collector, sequence) = 1
ORDER BY host_id, fix_id;

CREATE OR REPLACE TABLE script_results AS
SELECT
  result.host_id, result.file, result.plan, result.state, result.reason, result.exit_status, result.started_at, result.ended_at, result.reboot_needed,
  first_known.recorded_at AS known_at,
  EXISTS (FROM plans WHERE plans.host_id = result.host_id AND plans.plan = result.plan AND plans.machine_id = result.machine_id) AS of_a_plan
FROM planned_results result
JOIN (SELECT host_id, file, min(recorded_at) AS recorded_at FROM planned_results GROUP BY ALL) first_known USING (host_id, file)
QUALIFY row_number() OVER (PARTITION BY result.host_id, result.file ORDER BY result.recorded_at DESC, result.collector, result.sequence DESC) = 1
ORDER BY result.host_id, result.started_at, result.file;

CREATE OR REPLACE TABLE script_result_changes AS
SELECT host_id, file, package, architecture, before, after, planned, state FROM planned_result_changes
QUALIFY row_number() OVER (PARTITION BY host_id, file, package, architecture ORDER BY recorded_at DESC, collector, sequence DESC) = 1
ORDER BY host_id, file, package, architecture;

COMMENT ON TABLE plans IS 'The approved changes for one host at one instant.';
COMMENT ON COLUMN plans.planned_at IS 'When the record learned of the plan (UTC).';
COMMENT ON COLUMN plans.replaced_at IS 'When the next plan for the host was recorded; null for the last.';
COMMENT ON COLUMN plans.collector IS 'Chain that holds it.';
COMMENT ON COLUMN plans.sequence IS 'Number of its entry in the chain.';
COMMENT ON TABLE plan_changes IS 'The whole transaction of each plan, as the host simulated it.';
COMMENT ON TABLE plan_fixes IS 'The fixes that each plan closes, with the approval that lets them in.';
COMMENT ON TABLE plan_left_alone IS 'Packages that a plan leaves as they are although they lack a fix.';
COMMENT ON TABLE plan_omissions IS 'Missing fixes that the last planning left out, and why.';
COMMENT ON COLUMN plan_omissions.planned_at IS 'When that was recorded (UTC).';
COMMENT ON TABLE script_results IS 'What remediation scripts said of their runs: claims, checked against state in outcomes.';
COMMENT ON COLUMN script_results.known_at IS 'When the record learned of it (UTC).';
COMMENT ON COLUMN script_results.of_a_plan IS 'Whether the record knows the plan, for this host and machine.';
COMMENT ON TABLE script_result_changes IS 'What a result says of each package.';
