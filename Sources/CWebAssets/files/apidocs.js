SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  tryItOutEnabled: true,
  // Nothing is sent to a validator elsewhere.
  validatorUrl: null,
});
