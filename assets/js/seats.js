/* Arrow keys on a map of seats, which is a form of checkboxes without this: arrows go to the nearest seat that can be ticked, Home and
   End to the ends of the row. Tab enters the map once, and leaves it. A love seat is ticked whole. ES5. */
(function () {
  'use strict';
  var doc = document;
  function boxes(from) { return Array.prototype.slice.call(from.querySelectorAll('[name=seat]:not(:disabled)')); }
  function mapOf(el) {
    while (el && (!el.getAttribute || el.getAttribute('data-seats') === null)) { el = el.parentNode; }
    return el;
  }
  function rest(map, on) { boxes(map).forEach(function (b) { b.tabIndex = b === on ? 0 : -1; }); }
  /* Which seat Tab reaches: the one that was in use, else the first ticked, else the first. */
  function settle() {
    Array.prototype.forEach.call(doc.querySelectorAll('[data-seats]'), function (map) {
      var all = boxes(map), on = all.filter(function (b) { return b.tabIndex === 0; });
      if (sizes) { sizes.observe(map); }
      edges(map);
      map.tabIndex = all.length ? -1 : 0; // a hall without a seat to tick is scrolled by itself
      if (on.length !== 1) { rest(map, on.filter(function (b) { return b === doc.activeElement; })[0] || map.querySelector('[name=seat]:checked') || all[0]); }
    });
  }
  /* A hall that is wider than its box shows the first ticked seat first, else its middle, where the best seats are. */
  function centre(map) {
    var on = map.querySelector('[name=seat]:checked');
    if (!map.moved) {
      map.scrollLeft += on ? middle(on).x - map.getBoundingClientRect().left - map.clientWidth / 2 : (map.scrollWidth - map.clientWidth) / 2 - map.scrollLeft;
    }
    edges(map);
  }
  /* The sides on which the hall goes on fade. */
  function edges(map) {
    var left = map.scrollLeft > 1, right = map.scrollLeft + map.clientWidth < map.scrollWidth - 1;
    map.className = 'map-scroll' + (left ? ' more-left' : '') + (right ? ' more-right' : '');
  }
  doc.addEventListener('scroll', function (e) { if (e.target.getAttribute && e.target.getAttribute('data-seats') !== null) { edges(e.target); } }, true);
  function moved(e) {
    var map = mapOf(e.target);
    if (map) { map.moved = true; }
  }
  ['wheel', 'touchstart', 'mousedown', 'keydown'].forEach(function (type) { doc.addEventListener(type, moved, {capture: true, passive: true}); });
  var sizes = window.ResizeObserver && new window.ResizeObserver(function (list) { list.forEach(function (x) { centre(x.target); }); });
  function middle(box) {
    var r = box.parentNode.getBoundingClientRect();
    return {x: (r.left + r.right) / 2, y: (r.top + r.bottom) / 2};
  }
  function next(map, box, key) {
    var at = middle(box), best, least = Infinity, row = boxes(box.parentNode.parentNode), i = row.indexOf(box), far;
    if (key === 'ArrowLeft') { return row[i - 1]; }
    if (key === 'ArrowRight') { return row[i + 1]; }
    if (key === 'Home') { return row[0]; }
    if (key === 'End') { return row[row.length - 1]; }
    boxes(map).forEach(function (b) {
      var to = middle(b), down = key === 'ArrowDown' ? to.y - at.y : at.y - to.y;
      far = down * 1000 + Math.abs(to.x - at.x); // the nearest row that has a seat to tick, and in it the nearest seat
      if (down > 4 && far < least) { best = b; least = far; }
    });
    return best;
  }
  doc.addEventListener('keydown', function (e) {
    var box = e.target, map, to;
    if (box.name !== 'seat' || e.altKey || e.ctrlKey || e.metaKey || e.shiftKey || !/^(Arrow|Home$|End$)/.test(e.key)) { return; }
    map = mapOf(box);
    if (!map) { return; }
    e.preventDefault();
    to = next(map, box, e.key);
    if (to) {
      rest(map, to);
      to.focus();
      if (to.scrollIntoView) { to.parentNode.scrollIntoView({block: 'nearest', inline: 'nearest'}); }
    }
  });
  /* A link to a row goes to its first seat that can be ticked. */
  doc.addEventListener('click', function (e) {
    var to = /^#row-\d+$/.test(e.target.hash || '') && doc.getElementById(e.target.hash.slice(1)), box = to && boxes(to)[0], map = box && mapOf(box);
    if (!map) { return; }
    e.preventDefault();
    map.moved = true;
    rest(map, box);
    box.focus();
  });
  doc.addEventListener('focusin', function (e) {
    var map = e.target.name === 'seat' && mapOf(e.target);
    if (map && e.target.tabIndex !== 0) { rest(map, e.target); }
  });
  doc.addEventListener('change', function (e) {
    var box = e.target, label = box.parentNode, other, love = box.name === 'seat' && mapOf(box) && / is-(left|right)/.exec(label.className);
    if (!love) { return; }
    other = love[1] === 'left' ? label.nextElementSibling : label.previousElementSibling;
    other = other && other.querySelector('[name=seat]');
    if (other && !other.disabled) { other.checked = box.checked; }
  }, true);
  doc.addEventListener('htmx:after:swap', settle);
  if (doc.readyState === 'loading') { doc.addEventListener('DOMContentLoaded', settle); } else { settle(); }
})();
