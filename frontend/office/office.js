// Menus, tabs and dialogs of the office (Bootstrap's own modules, no jQuery), htmx for parts of pages.
import htmx from 'htmx.org'
import 'bootstrap/js/dist/collapse.js'
import 'bootstrap/js/dist/dropdown.js'
import 'bootstrap/js/dist/offcanvas.js'
import 'bootstrap/js/dist/modal.js'
import 'bootstrap/js/dist/tab.js'
import '../shared/look.js'
import './readings.js'

htmx.config.allowEval = false
htmx.config.includeIndicatorStyles = false
htmx.config.selfRequestsOnly = true
htmx.config.historyCacheSize = 0
window.htmx = htmx

// every form has its own token; requests that no form sends take it from the page
document.addEventListener('htmx:configRequest', event => {
  const token = document.querySelector('meta[name=csrf-token]')?.content
  if (token) event.detail.headers['X-CSRF-Token'] = token
})

// «/» puts the cursor into the search of the top bar
document.addEventListener('keydown', event => {
  if (event.key !== '/' || event.ctrlKey || event.metaKey || event.target.closest('input, textarea, select, [contenteditable]')) return
  const field = document.querySelector('[data-hotkey-search]')
  if (field) { event.preventDefault(); field.focus(); field.select() }
})
