// A classic script, run before the page is drawn, so that it never shows in the other colours.
(() => {
  try {
    const theme = window.localStorage.getItem('dodona-theme');
    if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
  } catch {
    return;
  }
})();
