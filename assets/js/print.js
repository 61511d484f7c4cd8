/* A button that prints the page; without this script the browser's own menu does. ES5. */
(function () {
  'use strict';
  var at = document.getElementById('print'), button = document.createElement('button');
  button.type = 'button';
  button.className = 'btn';
  button.textContent = 'Print';
  button.addEventListener('click', function () { window.print(); });
  at.appendChild(button);
})();
