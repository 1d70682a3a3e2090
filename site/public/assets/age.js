/*
  Says at the top when the page is old: pages cannot know when they are read. Without it every page still says
  as of when it is and by when a new run was expected. A plain script, so that it also works from a disk.
*/
(function () {
  'use strict';

  const hour = 3_600_000;
  const failures = {
    feeds: 'advisories were not loaded',
    scan: 'hosts were not read',
    build: 'pages were not made',
  };

  const evidence = document.querySelector('.evidence[data-run]');
  if (evidence === null) return;
  const { run, due, maxAgeHours } = evidence.dataset;
  const age = Date.now() - Date.parse(run);
  const failed = globalThis.patchledgerFailedRun;
  const sentences = [];
  if (failed) {
    const what = failed.steps.map((step) => failures[step]).filter(Boolean);
    sentences.push('The run of ' + format(failed.at) + ' UTC failed: ' + what.join(', ') + '.');
  }
  const old = age > maxAgeHours * hour;
  if (old) {
    sentences.push(
      'The last run on this page is ' +
        formatAge(age) +
        ' old; after ' +
        maxAgeHours +
        ' hours a reading proves nothing about today.',
    );
  } else if (Date.now() > Date.parse(due)) {
    sentences.push(
      'The last run on this page is ' +
        formatAge(age) +
        ' old; a new one was expected by ' +
        format(due) +
        ' UTC.',
    );
  }
  if (sentences.length > 0) say(old ? 'Old' : failed ? 'Not current' : 'Late', sentences.join(' '), old);

  function say(word, text, isOld) {
    const note = document.createElement('p');
    const lead = document.createElement('b');
    note.className = isOld ? 'age old' : 'age';
    note.setAttribute('role', 'status');
    lead.textContent = word;
    note.append(lead, ' ' + text);
    evidence.after(note);
  }

  /* As all instants on the pages: UTC, to the minute. */
  function format(instant) {
    return String(instant).slice(0, 16).replace('T', ' ');
  }

  function formatAge(milliseconds) {
    const hours = Math.floor(milliseconds / hour);
    return hours < 48 ? hours + ' hours' : Math.floor(hours / 24) + ' days';
  }
})();
