"""The API document as a page, served under our own content security policy."""

from csp.decorators import csp_update
from django.utils.decorators import method_decorator
from drf_spectacular.views import SpectacularSwaggerSplitView


@method_decorator(csp_update({"img-src": ["'self'", "data:"]}), name="dispatch")
class Docs(SpectacularSwaggerSplitView):
    """The document as a page; its icons are data: images, here and nowhere else."""

    url_name = "api-schema"
    template_name = "api/docs.html"
