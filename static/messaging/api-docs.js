// The documentation follows the theme chosen in the portal's menu, or the system's. Swagger UI has colours for both.
{
  let chosen = "auto";
  try {
    chosen = JSON.parse(localStorage.getItem("adminTheme"));
  } catch {
    // The browser's store is closed to us: the system's theme it is.
  }
  const system = matchMedia("(prefers-color-scheme: dark)");
  const follow = () => {
    const dark = chosen === "dark" || (chosen !== "light" && system.matches);
    document.documentElement.classList.toggle("dark-mode", dark);
  };
  system.addEventListener("change", follow);
  follow();
}
