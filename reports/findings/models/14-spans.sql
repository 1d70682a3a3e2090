-- Spans: which source version a part of a host stood at, from one change to the next. A part is a binary
-- package, or for kernels two things of their own: the newest image of the running flavour on the disk,
-- and the kernel that runs. Advisories speak of source packages, so spans are what they are held against.
CREATE OR REPLACE TABLE spans AS
WITH host_family AS (
  SELECT host_id, incarnation, max(ecosystem) AS ecosystem FROM scans WHERE ecosystem IS NOT NULL GROUP BY ALL
),
running AS (
  SELECT scan.host_id, scan.incarnation, scan.ecosystem, scan.happened_at, scan.booted_at, kernel.flavour, kernel.source, kernel.version
  FROM scans scan
  JOIN running_kernels kernel
    ON kernel.ecosystem = scan.ecosystem AND kernel.kernel_release = scan.kernel_release AND kernel.kernel_version = coalesce(scan.kernel_version, '')
  WHERE scan.was_read AND scan.own_kernel
),
last_running AS (
  FROM running QUALIFY row_number() OVER (PARTITION BY host_id, incarnation ORDER BY happened_at DESC) = 1
),
judged AS (
  SELECT line.*, family.ecosystem, packages.source, packages.source_version, packages.flavour
  FROM package_timeline line
  JOIN host_family family USING (host_id, incarnation)
  LEFT JOIN judged_packages packages
    ON packages.ecosystem = family.ecosystem AND packages.package = line.package AND packages.version = coalesce(line.version, line.next_version)
),
userland AS (
  SELECT
    host_id, incarnation, ecosystem, source, package || ':' || architecture AS part, 'package' AS kind,
    CASE WHEN version IS NOT NULL THEN source_version END AS version,
    began_not_before, began_not_after, began_evidence, ended_not_before, ended_not_after, ended_evidence, next_version IS NULL AND NOT current AS removed
  FROM judged
  WHERE flavour IS NULL AND source IS NOT NULL AND version IS NOT NULL
),
-- Kernel images of the running flavour; of every flavour where it is not known what runs.
images AS (
  SELECT judged.*
  FROM judged LEFT JOIN last_running USING (host_id, incarnation)
  WHERE judged.flavour IS NOT NULL AND judged.version IS NOT NULL AND (last_running.flavour IS NULL OR last_running.flavour = judged.flavour)
),
moments AS (
  SELECT host_id, incarnation, coalesce(began_not_before, began_not_after) AS moment, began_not_before AS not_before, began_not_after AS not_after, began_evidence AS evidence FROM images
  UNION
  SELECT host_id, incarnation, coalesce(ended_not_before, ended_not_after), ended_not_before, ended_not_after, ended_evidence FROM images WHERE NOT current
),
newest AS (
  SELECT
    moments.host_id, moments.incarnation, moments.moment, any_value(images.ecosystem) AS ecosystem,
    min(moments.not_before) AS not_before, max(moments.not_after) AS not_after, any_value(moments.evidence ORDER BY moments.evidence) AS evidence,
    arg_max(images.source_version, ranks.rank) AS version, arg_max(images.source, ranks.rank) AS source
  FROM moments
  LEFT JOIN images
    ON images.host_id = moments.host_id AND images.incarnation = moments.incarnation
    AND coalesce(images.began_not_before, images.began_not_after) <= moments.moment
    AND (images.current OR coalesce(images.ended_not_before, images.ended_not_after) > moments.moment)
  LEFT JOIN version_ranks ranks ON ranks.ecosystem = images.ecosystem AND ranks.version = images.source_version
  GROUP BY moments.host_id, moments.incarnation, moments.moment
),
newest_changes AS (
  SELECT * FROM newest
  WINDOW timeline AS (PARTITION BY host_id, incarnation ORDER BY moment)
  QUALIFY row_number() OVER timeline = 1 OR version IS DISTINCT FROM lag(version) OVER timeline
),
newest_spans AS (
  SELECT
    host_id, incarnation, coalesce(ecosystem, 'apt') AS ecosystem, coalesce(source, 'linux') AS source, 'newest kernel image' AS part, 'image' AS kind, version,
    not_before, not_after, evidence,
    lead(not_before) OVER timeline, lead(not_after) OVER timeline, lead(evidence) OVER timeline,
    lead(moment) OVER timeline IS NOT NULL AND lead(version) OVER timeline IS NULL
  FROM newest_changes
  WINDOW timeline AS (PARTITION BY host_id, incarnation ORDER BY moment)
),
-- The running kernel changes by a boot between the last scan that saw the old one and the one that saw the new.
running_changes AS (
  SELECT *, lag(happened_at) OVER timeline AS seen_before_at
  FROM running WHERE version IS NOT NULL
  WINDOW timeline AS (PARTITION BY host_id, incarnation ORDER BY happened_at)
  QUALIFY row_number() OVER timeline = 1 OR version <> lag(version) OVER timeline
),
running_spans AS (
  SELECT
    host_id, incarnation, ecosystem, source, 'running kernel' AS part, 'running' AS kind, version,
    coalesce(seen_before_at, booted_at), coalesce(booted_at, happened_at), CASE WHEN booted_at IS NULL THEN 'between-scans' ELSE 'boot' END,
    lead(seen_before_at) OVER timeline, lead(coalesce(booted_at, happened_at)) OVER timeline, lead(CASE WHEN booted_at IS NULL THEN 'between-scans' ELSE 'boot' END) OVER timeline,
    false
  FROM running_changes
  WINDOW timeline AS (PARTITION BY host_id, incarnation ORDER BY happened_at)
),
everything AS (
  FROM userland
  UNION ALL FROM newest_spans WHERE version IS NOT NULL
  UNION ALL FROM running_spans
)
SELECT everything.*, ranks.rank
FROM everything JOIN version_ranks ranks USING (ecosystem, version)
ORDER BY host_id, incarnation, source, part, began_not_after, version;

COMMENT ON TABLE spans IS 'Source versions of the parts of each host over time.';
COMMENT ON COLUMN spans.part IS 'Binary package with its architecture; for kernels the newest image of the running flavour, or what runs.';
COMMENT ON COLUMN spans.kind IS 'package, image or running.';
COMMENT ON COLUMN spans.version IS 'Source version, as advisories speak of it.';
COMMENT ON COLUMN spans.removed IS 'Whether the span ended because nothing of the part was left.';
COMMENT ON COLUMN spans.rank IS 'Place of the version in the family''s order.';
