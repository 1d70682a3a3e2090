/**
 * A workflow file for a workspace that is a repository: the runner keeps nothing between two nights, so the
 * record is committed. Hosts are reached from a runner of one's own, which has Patchledger and the keys.
 */
import { existsSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { Failure } from '#data/model/failure.ts';
import { readPlaces, removePlace, writePiece } from './machine.ts';
import { assertQuotable } from './scheduler.ts';
import type { Kind, Scheduler, Setting } from './scheduler.ts';
import { describeWhen, hoursOf, withStableJitter } from './when.ts';
import type { When } from './when.ts';

interface Service {
  kind: Extract<Kind, 'github' | 'gitlab'>;
  /** Relative to the repository. */
  file: string;
  render: (cron: string, workspace: string) => string;
  notes: (cron: string) => string[];
}

const mark = '# Written by `patchledger schedule --install`';

export const githubScheduler = (setting: Setting): Scheduler => ciScheduler(setting, github);
export const gitlabScheduler = (setting: Setting): Scheduler => ciScheduler(setting, gitlab);

function ciScheduler(setting: Setting, service: Service): Scheduler {
  const repository = findRepository(setting.workspace);
  const place = join(repository ?? setting.workspace, service.file);
  const pieces: Scheduler['pieces'] = (when) => {
    const workspace = relative(needRepository(setting, repository), setting.workspace) || '.';
    assertQuotable(workspace);
    const head = `${mark}: ${describeWhen(when)}. \`--remove\` takes it away.\n`;
    return [{ place, content: head + service.render(cronOf(setting, when), workspace) }];
  };
  const installed: Scheduler['installed'] = () =>
    readPlaces([place]).filter(({ content }) => content.startsWith(mark));
  return {
    kind: service.kind,
    pieces,
    installed,
    install(when) {
      if (existsSync(place) && installed().length === 0) {
        throw new Failure('in-the-way', `${place} is not one of Patchledger's and is left alone`, {
          nextStep: 'put what `patchledger schedule` prints into it yourself',
        });
      }
      pieces(when).forEach(writePiece);
    },
    remove: () => removePlace(place),
    describe: (when) => `"${cronOf(setting, when)}" in UTC`,
    notes: () => [
      'commit and push the file; the runner needs patchledger in its PATH and the keys of the hosts',
      ...service.notes('the expression above'),
    ],
    fault: () => null,
  };
}

function needRepository({ workspace }: Setting, repository: string | null): string {
  if (repository !== null) return repository;
  throw new Failure('schedule', `${workspace} is not in a git repository`, {
    nextStep: `git init ${workspace}, or choose --kind systemd or cron`,
    exitCode: 2,
  });
}

function findRepository(workspace: string): string | null {
  for (let folder = workspace; ; folder = dirname(folder)) {
    if (existsSync(join(folder, '.git'))) return folder;
    if (dirname(folder) === folder) return null;
  }
}

function cronOf({ workspace, hostname, everyHours }: Setting, when: When): string {
  const { hour, minute } = withStableJitter(when, `${hostname}\0${workspace}`);
  return `${minute} ${hoursOf(hour, everyHours).join(',')} * * *`;
}

/** The record is kept whatever came of the run, and a record that cannot be kept fails the job. */
function keepRecord(push: string, indent: string): string {
  return [
    'git add -- ledger',
    "git diff --cached --quiet || git -c user.name=patchledger -c user.email=patchledger@localhost commit -m 'The record of a nightly run'",
    push,
  ].join(`\n${indent}`);
}

const github: Service = {
  kind: 'github',
  file: '.github/workflows/patchledger.yml',
  notes: () => [],
  render: (cron, workspace) => `name: Patchledger nightly
on:
  schedule:
    - cron: '${cron}'
  workflow_dispatch:
permissions:
  contents: write
concurrency:
  group: patchledger
  cancel-in-progress: false
jobs:
  nightly:
    # A runner of your own, with patchledger in its PATH, that reaches the hosts.
    runs-on: [self-hosted, patchledger]
    defaults:
      run:
        working-directory: "${workspace}"
    steps:
      - uses: actions/checkout@v4
      - name: Run
        # 3: some hosts were not read, and the pages say which.
        run: patchledger nightly --workspace . || [ $? -eq 3 ]
      - name: Keep the record
        if: always()
        run: |
          ${keepRecord('git pull --rebase && git push', '          ')}
      - name: Keep the site
        if: always()
        uses: actions/upload-artifact@v4
        with:
          name: site
          path: "${workspace}/out/site/"
`,
};

const gitlab: Service = {
  kind: 'gitlab',
  file: '.gitlab-ci.yml',
  notes: (cron) => [
    `make a pipeline schedule with ${cron}, and a variable PATCHLEDGER_PUSH_TOKEN that may push`,
  ],
  render: (cron, workspace) => `patchledger-nightly:
  # Started by a pipeline schedule: ${cron}
  rules:
    - if: $CI_PIPELINE_SOURCE == "schedule"
  # A runner of your own, with patchledger in its PATH, that reaches the hosts.
  tags: [patchledger]
  resource_group: patchledger
  script:
    - |
      cd "${workspace}"
      patchledger nightly --workspace . && ended=0 || ended=$?
      ${keepRecord(
        'git push "https://patchledger:$PATCHLEDGER_PUSH_TOKEN@$CI_SERVER_HOST/$CI_PROJECT_PATH.git" "HEAD:$CI_COMMIT_BRANCH"',
        '      ',
      )}
      rm -rf "$CI_PROJECT_DIR/site"
      cp -rL out/site "$CI_PROJECT_DIR/site"
      exit "$ended"
  allow_failure:
    # Some hosts were not read, and the pages say which.
    exit_codes: [3]
  artifacts:
    when: always
    paths: [site/]
`,
};
