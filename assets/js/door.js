/* The door: its forms are sent without leaving the page, so that the camera keeps running and the code field keeps the
   focus. Without this script they are plain forms. The camera is offered where the browser can read QR codes itself. */
(function () {
  'use strict';
  var doc = document, win = window, scan = doc.getElementById('scan'), lost = doc.getElementById('door-lost');
  var button = scan.querySelector('button'), video = scan.querySelector('video');
  var busy = false, stream = null, last = '', lastAt = 0, same = 3000, look = 200;

  function focus() { doc.getElementById('code').focus(); }

  /* The form is sent as a plain one, and the answer is the next page. */
  function leave(form, pressed) {
    if (pressed && pressed.name) {
      var field = doc.createElement('input');
      field.type = 'hidden';
      field.name = pressed.name;
      field.value = pressed.value;
      form.appendChild(field);
    }
    form.submit();
  }

  function send(form, pressed) {
    if (busy) { return; }
    busy = true;
    var data = new URLSearchParams(new FormData(form));
    if (pressed && pressed.name) { data.append(pressed.name, pressed.value); }
    fetch(form.action, { method: 'POST', body: data, credentials: 'same-origin' }).then(function (answer) {
      if (answer.status === 403) { return leave(form, pressed); } // signed out: the page that asks to sign in keeps what was sent
      if (answer.redirected) { win.location.href = answer.url; }
      return answer.text();
    }).then(function (text) {
      if (text === undefined) { return; }
      var fresh = new DOMParser().parseFromString(text, 'text/html').getElementById('door');
      busy = false;
      if (!fresh) { win.location.reload(); return; } // an error: the page itself says so
      lost.textContent = '';
      fresh.querySelector('#code').removeAttribute('autofocus'); // it would not be heeded now
      doc.getElementById('door').replaceWith(doc.importNode(fresh, true));
      focus();
    }).catch(function () {
      busy = false;
      lost.textContent = lost.getAttribute('data-lost');
    });
  }

  doc.addEventListener('submit', function (e) {
    if (!e.target.hasAttribute('data-door')) { return; }
    e.preventDefault();
    send(e.target, e.submitter);
  });

  /* A code is looked up once in three seconds, and none while a group waits to be let in. */
  function seen(codes) {
    var waits = doc.querySelector('[data-verdict="admit"]:not([data-done])'), now = Date.now(), field;
    if (!codes.length || waits || busy || codes[0].rawValue === last && now - lastAt < same) { return; }
    last = codes[0].rawValue;
    lastAt = now;
    field = doc.getElementById('code');
    field.value = last;
    send(field.form, null);
  }
  function read(detector) {
    if (!stream) { return; }
    detector.detect(video).then(seen, function () {}).then(function () { setTimeout(function () { read(detector); }, look); });
  }
  function stop() {
    stream.getTracks().forEach(function (t) { t.stop(); });
    stream = null;
    video.hidden = true;
  }
  function swap() {
    var other = button.getAttribute('data-scan');
    button.setAttribute('data-scan', button.textContent);
    button.textContent = other;
  }
  function start() {
    var media = { video: { facingMode: 'environment' } };
    navigator.mediaDevices.getUserMedia(media).then(function (s) {
      stream = s;
      video.srcObject = s;
      video.hidden = false;
      swap();
      return video.play();
    }).then(function () { read(new win.BarcodeDetector({ formats: ['qr_code'] })); }).catch(function () {
      lost.textContent = 'The camera cannot be used. Allow it for this page, or type the code.';
    });
  }
  if (win.BarcodeDetector && navigator.mediaDevices) {
    scan.hidden = false;
    button.addEventListener('click', function () {
      if (stream) { stop(); swap(); focus(); } else { start(); }
    });
  }
})();
