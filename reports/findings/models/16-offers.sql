-- What the hosts' own package managers know of advisories (updateinfo of rpm repositories), spoken of by source
-- package: the releases of one vendor share what any of their hosts read.
CREATE OR REPLACE TABLE host_advised AS
SELECT
  seen.ecosystem, releases.release, packages.source, packages.source_version AS fixed_version, advisory.advisory, advisory.kind, advisory.severity,
  min(advisory.published_not_before) AS published_not_before, max(advisory.published_not_after) AS published_not_after,
  list_sort(list_distinct(flatten(list(advisory.cves)))) AS cves, min(seen.first_at) AS known_at
FROM observations seen
JOIN state_host_advisories advisory USING (host_id, digest)
JOIN host_releases releases
  ON releases.host_id = seen.host_id AND releases.incarnation = seen.incarnation AND coalesce(releases.from_not_after <= seen.last_at, true)
JOIN judged_packages packages ON packages.ecosystem = seen.ecosystem AND packages.package = advisory.package AND packages.version = advisory.version
WHERE seen.subject = 'advisories' AND packages.source IS NOT NULL
GROUP BY ALL
ORDER BY ALL;

-- The origin of what zypper offers is the vendor of the packages; SUSE's own are those that libzypp takes for one
-- another (VendorAttr: "suse" and "opensuse", whatever follows).
CREATE OR REPLACE MACRO is_suse_vendor(family, origin) AS
  family = 'zypper' AND coalesce(regexp_matches(lower(origin), '^(open)?suse\b'), false);

-- What the package managers of the hosts offer, spoken of by source package as advisories do. Of a security
-- update it is the version from the security origin that counts, of any other the one that would be chosen.
-- Rebuilds of the same source have no source version of their own and are left out.
CREATE OR REPLACE TABLE offered_sources AS
WITH chosen AS (
  SELECT pending.*, coalesce(CASE WHEN security THEN security_version END, target_version) AS offered_version FROM pending
)
SELECT
  chosen.host_id, chosen.incarnation, chosen.ecosystem, releases.release, offered.source, offered.source_version AS version, ranks.rank,
  installed_ranks.rank AS installed_rank,
  CASE
    WHEN chosen.security THEN 'security-unlisted'
    WHEN NOT chosen.security AND (lower(chosen.origin) = releases.distribution OR is_suse_vendor(chosen.ecosystem, chosen.origin)) AND chosen.target_version = chosen.candidate_version THEN 'bugfix'
    WHEN NOT chosen.security AND EXISTS (
      FROM host_advised advised
      WHERE advised.ecosystem = chosen.ecosystem AND advised.release = releases.release AND advised.source = offered.source AND advised.fixed_version = offered.source_version
    ) THEN 'bugfix'
    ELSE 'unclassified'
  END AS kind,
  chosen.package, chosen.architecture, chosen.stretch, chosen.first_at
FROM chosen
JOIN host_releases releases
  ON releases.host_id = chosen.host_id AND releases.incarnation = chosen.incarnation
  AND coalesce(releases.from_not_after <= chosen.first_at, true)
JOIN judged_packages offered ON offered.ecosystem = chosen.ecosystem AND offered.package = chosen.package AND offered.version = chosen.offered_version
JOIN judged_packages installed ON installed.ecosystem = chosen.ecosystem AND installed.package = chosen.package AND installed.version = chosen.installed_version
JOIN version_ranks ranks ON ranks.ecosystem = chosen.ecosystem AND ranks.version = offered.source_version
JOIN version_ranks installed_ranks ON installed_ranks.ecosystem = chosen.ecosystem AND installed_ranks.version = installed.source_version
WHERE ranks.rank > installed_ranks.rank
-- The release that the host had at that time.
QUALIFY row_number() OVER (PARTITION BY chosen.host_id, chosen.incarnation, chosen.package, chosen.architecture, chosen.stretch ORDER BY releases.from_not_after DESC NULLS LAST) = 1
ORDER BY chosen.host_id, chosen.incarnation, chosen.package, chosen.architecture, chosen.stretch;
