/*
  Adds filter and sort to the lists of the page. Without it every list stands complete, worst first.
  A plain script, not a module, so that it also works when the page is opened from a disk.
*/
(function () {
  'use strict';

  for (const table of document.querySelectorAll('table[data-list]')) {
    addSort(table);
    addFilter(table);
  }

  function addSort(table) {
    const heads = Array.from(table.tHead.rows[0].cells);
    heads.forEach(function (head, column) {
      const button = document.createElement('button');
      button.type = 'button';
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener('click', function () {
        const down = head.getAttribute('aria-sort') === 'ascending';
        heads.forEach((other) => other.removeAttribute('aria-sort'));
        head.setAttribute('aria-sort', down ? 'descending' : 'ascending');
        sortRows(table.tBodies[0], { column, down, numbers: head.classList.contains('number') });
      });
    });
  }

  /* What is not known comes last either way: it is neither little nor much. */
  function sortRows(body, { column, down, numbers }) {
    const keyed = Array.from(body.rows, function (row) {
      const text = row.cells[column].textContent.trim();
      const unknown = row.cells[column].querySelector('i') !== null || text === '–';
      return { row, unknown, key: numbers ? Number(text.replaceAll(',', '')) : text };
    });
    keyed.sort(function (a, b) {
      if (a.unknown !== b.unknown) return a.unknown ? 1 : -1;
      const order = numbers
        ? a.key - b.key
        : String(a.key).localeCompare(String(b.key), 'en', { numeric: true });
      return down ? -order : order;
    });
    body.append(...keyed.map(({ row }) => row));
  }

  function addFilter(table) {
    const rows = Array.from(table.tBodies[0].rows, (row) => ({ row, text: row.textContent.toLowerCase() }));
    const tools = document.createElement('div');
    const label = document.createElement('label');
    const input = document.createElement('input');
    const shown = document.createElement('output');
    tools.className = 'tools';
    label.textContent = 'Filter this page';
    input.type = 'search';
    label.append(input);
    tools.append(label, shown);
    table.closest('.frame').before(tools);
    input.addEventListener('input', function () {
      const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
      let count = 0;
      for (const { row, text } of rows) {
        row.hidden = !words.every((word) => text.includes(word));
        if (!row.hidden) count++;
      }
      shown.textContent = words.length === 0 ? '' : count + ' of ' + rows.length + ' shown';
    });
  }
})();
