/* What htmx does not do: the booking dialog, the form's total, polling, countdowns, toasts. ES5, since it also runs where
   htmx does not parse; every page works without it. */
(function () {
  'use strict';
  var doc = document, win = window, root = doc.documentElement, waits = [2, 3, 5, 10];
  var step = 0, timer, dialog, body, opener, home, pressed, hadFocus, ticks;

  function find(sel, from) { return (from || doc).querySelector(sel); }
  function each(sel, fn, from) { Array.prototype.forEach.call((from || doc).querySelectorAll(sel), fn); }
  function on(type, fn, capture) { doc.addEventListener(type, fn, !!capture); }
  function attr(el, name) { return el && el.getAttribute ? el.getAttribute(name) : null; }
  function up(el, name) {
    while (el && attr(el, name) === null) { el = el.parentNode; }
    return el;
  }
  function make(tag, cls, text, parent) {
    var el = doc.createElement(tag);
    el.className = cls;
    el.textContent = text;
    if (parent) { parent.appendChild(el); }
    return el;
  }
  function button(cls, text, label, by) {
    var b = make('button', cls, text);
    b.type = 'button';
    b.setAttribute('aria-label', label);
    if (by) { b.setAttribute('data-step', by); }
    return b;
  }
  function say(text) { (dialog && dialog.open ? dialog.lastChild : find('#live')).textContent = text; }

  /* Toasts close by their button, and by themselves after 5 s. */
  function toast(text) {
    var box = make('div', 'toast toast-error', '', find('#toasts'));
    make('p', '', text, box);
    box.appendChild(button('', '×', 'Close this message')).setAttribute('data-toast-close', '');
    settle();
  }

  /* The booking form: steppers, the total, the phone number as it is typed. One price is multiplied here and rounded up
     once; tickets of several types, or with what one may do without, are priced by the server, which also says what is
     taken meanwhile, and which seats the tickets get. */
  function stepper(box, form) {
    var f = find('input', box), n = parseInt(f.value, 10) || 0, what = attr(box, 'data-stepper');
    if (!find('.step', box)) {
      box.insertBefore(button('step', '−', what ? 'One fewer ' + what : 'One ticket fewer', -1), box.firstElementChild);
      box.appendChild(button('step', '+', what ? 'One more ' + what : 'One ticket more', 1));
    }
    each('[data-step]', function (b) { b.disabled = attr(b, 'data-step') < 0 ? n <= +f.min : n >= +f.max; }, box);
  }
  function ticked(form) { return form.querySelectorAll('[name=seat]:checked').length; }
  /* What is chosen and what it costs is read out once the customer has stopped ticking, and the server has said the price. */
  function tell(form) {
    clearTimeout(form.telling);
    form.telling = setTimeout(function () {
      var seats = [];
      each('[name=seat]:checked', function (b) { seats.push(b.value); }, form);
      say((seats.length ? seats.join(', ') : 'No seat chosen') + '. Total ' + find('[data-total]', form).textContent);
    }, find('[data-map]', form) && win.htmx && !form.elements.quantity ? 900 : 300);
  }
  /* The map is only ever told what the customer has ticked; what somebody else took meanwhile, and what might do instead, it says. */
  function isMap(el) { return !!el && attr(el, 'data-map') !== null; }
  function keepTicks(map) {
    ticks = {};
    each('[name=seat]', function (b) { ticks[b.value] = b.checked; }, map);
  }
  function giveTicks() {
    var lost = [], gone = find('[data-map] [data-gone] p');
    each('[data-map] [name=seat]', function (b) {
      if (ticks[b.value] && b.disabled) { lost.push(b.value); }
      b.checked = !!ticks[b.value] && !b.disabled;
      delete ticks[b.value];
    });
    for (var label in ticks) { if (ticks[label]) { lost.push(label); } } // of a row that the hall no longer has
    ticks = null;
    if (lost.length) {
      each('[data-book]', function (f) { clearTimeout(f.telling); }); // it would be read over this
      say(gone ? gone.textContent : lost.join(', '));
    }
  }
  function take(box) {
    var form = box.form, wanted = box.value.split(' ');
    each('[name=seat]', function (b) { if (wanted.indexOf(b.value) >= 0 && !b.disabled) { b.checked = true; } }, form);
    forget(form);
    each('[data-gone]', function (el) { el.parentNode.removeChild(el); }, form);
    total(form, 'seat');
    tell(form);
  }
  function forget(form) { each('[name=gone]', function (el) { el.parentNode.removeChild(el); }, form); }
  function total(form, by) {
    var f = form.elements, pick = f.screening, seats = ticked(form), sum = 0, first;
    var chosen = pick.options ? pick.options[pick.selectedIndex] : pick, price = attr(chosen, 'data-price'), n, ok;
    if (f.quantity && seats) { f.quantity.value = seats; }
    if (f.quantity && !find('[name^="without."]', form)) {
      n = parseInt(f.quantity.value, 10);
      ok = n >= 1 && n <= +f.quantity.max;
      sum = Math.ceil(attr(chosen, 'data-cents') * n / 100);
      find('[data-total]', form).textContent = ok ? 'KSh ' + String(sum).replace(/\B(?=(\d{3})+$)/g, ',') : '–';
      if (ok) { f.total.value = sum; }
      if (price) { find('[data-each]', form).textContent = price; }
    } else {
      if (!f.quantity) { each('[data-stepper] input:not([name^="without."])', function (t) { first = first || t; sum += parseInt(t.value, 10) || 0; }, form); }
      if (by === 'seat' && first && seats && sum !== seats) { first.value = Math.max(0, (+first.value || 0) + seats - sum); }
    }
    yours(form);
    if (/^(screening|quantity|zone|seat|type\.|without\.)/.test(by || '')) { quote(form, true); }
    each('[data-stepper]', function (box) { stepper(box, form); }, form);
  }
  /* Which seats are ticked, also those that the map has scrolled away. */
  function yours(form) {
    var labels = [], el = find('[data-yours]', form);
    each('[name=seat]:checked', function (b) { labels.push(b.value); }, form);
    if (el) { el.textContent = labels.length ? 'Your seat' + (labels.length > 1 ? 's: ' : ': ') + labels.join(', ') : ''; }
  }
  function quote(form, owed) {
    var map = find('[data-map]', form);
    clearTimeout(form.quoting);
    if (map && win.htmx) { form.owed = form.owed || owed; form.quoting = setTimeout(function () { win.htmx.trigger(map, 'quote'); }, 150); }
  }
  setInterval(function () {
    each('details[open] [data-map]', function (map) {
      var form = up(map, 'data-book');
      if (form && !doc.hidden && !form.sent) { quote(form); }
    });
  }, 5000);
  function phone(text) {
    var d = text.replace(/\D/g, ''), head = '';
    if (!/^\s*\+?[\d\s-]*$/.test(text)) { return text; } // the server reads it as it is
    if (text.indexOf('+') >= 0) { head = '+'; }
    if (d.slice(0, 3) === '254') { head += '254 '; d = d.slice(3); }
    return (head + d.replace(d.charAt(0) === '0' ? /^(\d{4})(\d{1,3})?(\d+)?/ : /^(\d{3})(\d{1,3})?(\d+)?/,
      function (all, a, b, c) { return a + (b ? ' ' + b : '') + (c ? ' ' + c : ''); })).replace(/\s+$/, '');
  }
  function typed(e) {
    var el = e.target, form = el.form;
    if (el.type === 'tel' && (e.type === 'change' || el.selectionStart === el.value.length)) {
      var neat = phone(el.value);
      if (neat !== el.value) { el.value = neat; }
    }
    if (!form || attr(form, 'data-book') === null) { return; }
    if (el.name === 'take') { if (el.checked) { take(el); } return; }
    if (el.name === 'seat') { forget(form); tell(form); }
    total(form, el.name);
  }
  on('input', typed);
  on('change', typed);

  /* A form is sent once, and says so; one whose total the server has yet to say, once it has. */
  function busy(form, yes) {
    var b = form && find('[data-busy]', form);
    if (!b || !!form.sent === yes) { return; }
    form.sent = yes;
    if (yes) { b.idle = b.textContent; b.textContent = attr(b, 'data-busy'); } else { b.textContent = b.idle; }
    b.className = b.className.replace(/ is-busy/, '') + (yes ? ' is-busy' : '');
    setTimeout(function () { b.disabled = yes; }, 0);
  }
  on('submit', function (e) {
    var form = e.target;
    if (form.sent || form.owed) { e.preventDefault(); e.stopImmediatePropagation(); }
    form.waits = form.waits || (form.owed && !form.sent);
    busy(form, true);
  }, true);
  function quoted(form) {
    form.owed = false;
    if (!form.waits) { return; }
    form.waits = false;
    busy(form, false);
    setTimeout(function () { find('[data-busy]', form).click(); }, 0);
  }
  win.addEventListener('pageshow', function () { each('form', function (f) { busy(f, false); }); });

  /* Clocks count down from what the server said was left, whatever this device's own clock says. */
  function tick() {
    each('[data-seconds-left]', function (el) {
      el.end = el.end || Date.now() + attr(el, 'data-seconds-left') * 1000;
      var left = Math.max(0, Math.ceil((el.end - Date.now()) / 1000)), s = left % 60;
      var text = Math.floor(left / 60) + ':' + (s < 10 ? '0' : '') + s, bar = el.parentNode.parentNode, b = attr(el, 'data-opens');
      if (el.textContent !== text) { el.textContent = text; }
      if (bar.className === 'hold') { bar.lastElementChild.value = left; }
      b = b && find('#' + b);
      if (b && !b.form.sent) { b.disabled = left > 0; }
      if (!left && !el.over) {
        el.over = true;
        step = 0;
        if (attr(el, 'data-seconds-left') > 0) { poll(); }
      }
    });
  }
  setInterval(tick, 1000);

  /* The ticket's page asks again after 2, 3, 5, 10, 10… seconds until there is no data-poll any more. */
  function waiting() { return find('#status[data-poll]'); }
  function arm() {
    clearTimeout(timer);
    if (waiting()) { timer = setTimeout(poll, waits[Math.min(step++, 3)] * 1000); }
  }
  function poll() {
    var el = waiting();
    clearTimeout(timer);
    if (!el) { return; }
    if (!win.htmx) { win.location.reload(); return; }
    timer = setTimeout(poll, 20000);
    win.htmx.trigger(el, 'poll');
  }
  function lost(yes) {
    each('[data-lost]', function (el) {
      if (yes !== !!el.firstChild) { el.textContent = yes ? attr(el, 'data-lost') : ''; }
      el.className = yes ? 'notice' : '';
    });
  }
  on('visibilitychange', function () { if (!doc.hidden) { poll(); } });
  win.addEventListener('online', poll);

  /* The dialog is made here, so that without script there is none and the links go to the page. */
  function open(link) {
    opener = link;
    home = win.location.href;
    body.textContent = '';
    make('p', 'loading', 'Loading…', body);
    dialog.insertBefore(find('#toasts'), dialog.lastChild);
    if (!dialog.open) { dialog.showModal(); }
  }
  function closed() {
    var s = find('#status', body), box = find('#waiting'), line, link;
    doc.body.insertBefore(find('#toasts'), find('#live'));
    clearTimeout(timer);
    if (win.location.href !== home) { history.replaceState({htmx: true}, '', home); }
    if (s && (attr(s, 'data-poll') || attr(s, 'data-state') === 'Paid')) {
      box.textContent = '';
      line = make('p', 'waiting', '', box);
      make('span', '', (attr(s, 'data-poll') ? 'Your booking is waiting: ' : 'Your ticket: ') + attr(s, 'data-film') + '.', line);
      link = make('a', '', 'Open it', line);
      link.href = attr(s, 'data-url');
    }
    body.textContent = '';
    if (doc.contains(opener)) { opener.focus(); }
  }
  if (win.HTMLDialogElement && win.HTMLDialogElement.prototype.showModal) {
    dialog = make('dialog', 'dialog', '', doc.body);
    dialog.setAttribute('aria-label', 'Booking');
    body = make('div', '', '', dialog);
    body.id = 'booking-body';
    make('p', 'sr-only', '', dialog).setAttribute('role', 'status');
    dialog.addEventListener('close', closed);
    dialog.addEventListener('mousedown', function (e) { pressed = e.target; });
    dialog.addEventListener('click', function (e) { if (e.target === dialog && pressed === dialog) { dialog.close(); } });
  }

  on('click', function (e) {
    var el = e.target, b = up(el, 'data-step'), menu = find('.nav-small'), n = b && find('input', b.parentNode);
    if (n) {
      n.value = (parseInt(n.value, 10) || 0) + +attr(b, 'data-step');
      total(b.form, n.name);
    }
    if (up(el, 'data-toast-close')) { el.parentNode.parentNode.removeChild(el.parentNode); }
    if (up(el, 'data-close') && dialog) { dialog.close(); }
    if (el.className === 'btn btn-ghost print') { win.print(); }
    if (menu.open && (!menu.contains(el) || el.href)) { menu.open = false; }
  });
  on('keydown', function (e) {
    var menu = find('.nav-small');
    if (e.key === 'Escape' && menu.open) { menu.open = false; find('summary', menu).focus(); }
  });

  /* Between htmx and the above. */
  function source(e) { return e.detail && e.detail.ctx && e.detail.ctx.sourceElement; }
  on('htmx:before:request', function (e) {
    var el = source(e);
    if (attr(el, 'data-dialog') === null) { return; }
    if (dialog) { open(el); } else { e.preventDefault(); win.location.href = el.href; }
  });
  on('htmx:before:response', function (e) { if (attr(source(e), 'data-poll')) { lost(e.detail.ctx.response.status >= 400); } });
  on('htmx:before:swap', function (e) {
    var ctx = e.detail.ctx, polled = attr(ctx.sourceElement, 'data-poll'), ours = /data-fragment|hx-swap-oob/.test(ctx.text);
    if (isMap(ctx.sourceElement)) {
      if (ctx.response.status !== 200 || !ours) { e.preventDefault(); } else { keepTicks(ctx.sourceElement); }
      return;
    }
    hadFocus = find('#status') && find('#status').contains(doc.activeElement);
    /* Only our own fragments go in: no proxy's error page, no portal's login; and a poll takes nothing but good news. */
    if (ctx.response.status === 204 || (ours && !(polled && ctx.response.status !== 200))) { ctx.polled = polled; return; }
    e.preventDefault();
    if (!polled) { failed(ctx.sourceElement); }
  });
  on('htmx:after:swap', function (e) {
    var ctx = e.detail.ctx, at = body && body.firstChild ? body : find('#status'), bad, title;
    if (ticks) { giveTicks(); }
    settle();
    if (isMap(ctx.sourceElement) || (ctx.response && ctx.response.status === 204)) { return; }
    title = at && find('[data-title]', at);
    if (!title || (ctx.target && ctx.target.id === 'films')) { return; }
    if (at.id === 'status') { doc.title = title.textContent + ' · ' + doc.title.split(' · ').pop(); }
    bad = find('[aria-invalid]', at);
    say(title.textContent);
    if (dialog && !ctx.polled) { dialog.scrollTop = 0; }
    if (bad || !ctx.polled || hadFocus) { (bad || title).focus(); }
    step = 0;
  });
  on('htmx:error', function (e) {
    var el = source(e);
    if (attr(el, 'data-poll')) { lost(true); } else if (el && !isMap(el)) { failed(el); }
  });
  on('htmx:finally:request', function (e) {
    var map = source(e);
    busy(map, false);
    if (attr(map, 'data-map') !== null && up(map, 'data-book')) { quoted(up(map, 'data-book')); }
    arm();
  });
  function failed(el) {
    if (attr(el, 'data-dialog') !== null && dialog.open) { dialog.close(); }
    toast(el.tagName === 'FORM' ? 'No answer came. Please press the button again: you will not be charged twice.' : 'That did not load. Please check your connection and try again.');
  }

  /* What is new on the page. */
  function settle() {
    each('[data-book]', function (f) { total(f); });
    each('[data-print]:empty', function (el) { el.appendChild(button('btn btn-ghost print', attr(el, 'data-print'), 'Print this ticket')); });
    each('.toast', function (t) {
      if (!t.going) { t.going = setTimeout(function () { if (t.parentNode) { t.parentNode.removeChild(t); } }, 5000); }
    });
    tick();
  }
  function start() {
    root.className += ' js';
    settle();
    if (waiting() && !win.htmx) { setInterval(poll, 10000); } else { arm(); }
    if (!win.IntersectionObserver || (win.matchMedia && win.matchMedia('(prefers-reduced-motion: reduce)').matches)) { return; }
    var seen = new win.IntersectionObserver(function (list) {
      list.forEach(function (x) { if (x.isIntersecting) { x.target.className = x.target.className.replace(' unseen', ''); seen.unobserve(x.target); } });
    });
    each('[data-reveal]', function (el) {
      if (el.getBoundingClientRect().top > win.innerHeight) { el.className += ' unseen'; seen.observe(el); }
    });
  }
  if (doc.readyState === 'complete') { start(); } else { on('DOMContentLoaded', start); }
})();
